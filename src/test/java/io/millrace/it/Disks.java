package io.millrace.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What disks do to files, while the node that owns them is down.
 *
 * <p>Owner: the test's thread.
 */
public final class Disks {
  private static final String METADATA = "__cluster_metadata-0";

  private Disks() {}

  /** The directory of a node's copy of the metadata log. */
  static Path metadata(MillraceProcess node) {
    return node.logDir().resolve(METADATA);
  }

  /** The segments of a node's copy of the metadata log, oldest first. */
  static List<Path> segments(MillraceProcess node) {
    try (Stream<Path> files = Files.list(metadata(node))) {
      return files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Copies a directory with all that is in it, as it is at the moment. */
  public static void copy(Path from, Path to) {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes a directory with all that is in it. */
  public static void wipe(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a power cut leaves of a write under way: the first bytes of a batch, at the end. */
  static void tearEnd(Path segment) {
    try (FileChannel file =
        FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer some = ByteBuffer.allocate(40);
      file.read(some, 0);
      file.write(some.flip(), file.size());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Flips a bit in the middle of a file. */
  static void flipBit(Path path) {
    try (FileChannel file =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long middle = file.size() / 2;
      ByteBuffer one = ByteBuffer.allocate(1);
      file.read(one, middle);
      one.put(0, (byte) (one.get(0) ^ 4));
      file.write(one.flip(), middle);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
