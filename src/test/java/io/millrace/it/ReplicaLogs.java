package io.millrace.it;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords;

/**
 * The logs of partitions as they are on the disks of nodes.
 *
 * <p>Owner: the test's thread.
 */
final class ReplicaLogs {
  private ReplicaLogs() {}

  /** The segments of a log, oldest first. */
  private static List<Path> segments(Path log) throws IOException {
    try (Stream<Path> files = Files.list(log)) {
      return files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
    }
  }

  /** Each batch of a log: its offsets, leader epoch, size and checksum. */
  static List<String> batches(Path log) {
    List<String> batches = new ArrayList<>();
    try {
      for (Path segment : segments(log)) {
        try (FileRecords records = FileRecords.open(segment.toFile(), false)) {
          for (FileChannelRecordBatch batch : records.batches()) {
            batches.add(
                String.format(
                    "%d-%d epoch %d, %d bytes, crc %08x%s",
                    batch.baseOffset(),
                    batch.lastOffset(),
                    batch.partitionLeaderEpoch(),
                    batch.sizeInBytes(),
                    batch.checksum(),
                    batch.isValid() ? "" : " INVALID"));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return batches;
  }

  /** What of two lists of batches is different first; null = nothing. */
  static String difference(List<String> one, List<String> other) {
    for (int i = 0; i < Math.max(one.size(), other.size()); i++) {
      String a = i < one.size() ? one.get(i) : "nothing";
      String b = i < other.size() ? other.get(i) : "nothing";
      if (!a.equals(b)) {
        return "batch " + i + " is " + a + " / " + b;
      }
    }
    return null;
  }

  /** The logs of a node that stands still, without its copy of the cluster's metadata. */
  static List<Path> all(Path data) {
    try (Stream<Path> files = Files.list(data)) {
      return files
          .filter(Files::isDirectory)
          .filter(log -> log.getFileName().toString().matches(".+-\\d+"))
          .filter(log -> !log.getFileName().toString().startsWith("__cluster_metadata"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a kill in the middle of a write leaves: the beginning of a batch, at the end. */
  static void tear(Path log) {
    try {
      List<Path> segments = segments(log);
      if (!segments.isEmpty() && Files.size(segments.get(0)) > 40) {
        Disks.tearEnd(segments.get(segments.size() - 1));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What a power cut leaves of a log whose end was not synced: some of its last bytes are gone.
   *
   * @return how many
   */
  static long loseTail(Path log, Random random) {
    try {
      List<Path> segments = segments(log);
      if (segments.isEmpty()) {
        return 0;
      }
      try (RandomAccessFile file =
          new RandomAccessFile(segments.get(segments.size() - 1).toFile(), "rw")) {
        long lost = Math.min(file.length(), 1 + random.nextInt(20_000));
        file.setLength(file.length() - lost);
        return lost;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
