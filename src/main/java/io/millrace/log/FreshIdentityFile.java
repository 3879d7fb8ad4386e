package io.millrace.log;

import io.millrace.model.VoterId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The file {@code fresh.identity}: who a directory belongs to that has no {@code meta.properties}
 * yet, because its node is in no cluster. One line, node id and directory id, such as {@code
 * 3-MUqaxPZ1SPSbmSKsaxhcIg}. What a node promises others on its way into a cluster must still be
 * its own promise after a crash.
 *
 * <p>Owner: any thread, one at a time per directory.
 */
final class FreshIdentityFile {
  static final String NAME = "fresh.identity";

  private FreshIdentityFile() {}

  /** Reads the file of a log directory; blocks. Empty if there is none. */
  static Optional<DirectoryIdentity> read(Path logDirectory) throws IOException {
    Path file = logDirectory.resolve(NAME);
    String text;
    try {
      text = Files.readString(file, StandardCharsets.UTF_8).strip();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    try {
      VoterId id = VoterId.parse(text);
      return Optional.of(
          new DirectoryIdentity(Optional.empty(), OptionalInt.of(id.nodeId()), id.directoryId()));
    } catch (IllegalArgumentException e) {
      throw new MalformedFileException(file, "'" + text + "'", "a node id, a dash, a directory id");
    }
  }

  /** Durable on return; blocks. */
  static void write(FileIo io, Path logDirectory, VoterId id) throws IOException {
    AtomicFile.write(
        io,
        logDirectory.resolve(NAME),
        ByteBuffer.wrap((id + "\n").getBytes(StandardCharsets.UTF_8)));
  }

  /** The directory has its {@code meta.properties}. */
  static void delete(FileIo io, Path logDirectory) throws IOException {
    io.delete(logDirectory.resolve(NAME));
  }
}
