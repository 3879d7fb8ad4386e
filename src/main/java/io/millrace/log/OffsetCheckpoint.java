package io.millrace.log;

import io.millrace.model.TopicPartition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A file in a log directory with one offset for each of its partitions, in Kafka's form: a line
 * {@code topic partition offset} each.
 *
 * <p>Owner: any thread, one at a time per file; blocks.
 */
public final class OffsetCheckpoint {
  /** Up to where (exclusive) each log is known to be on the disk. */
  public static final String RECOVERY_POINT = "recovery-point-offset-checkpoint";

  /** Where each log starts. */
  public static final String LOG_START_OFFSET = "log-start-offset-checkpoint";

  /** Up to where (exclusive) each log is compacted. */
  public static final String CLEANER = "cleaner-offset-checkpoint";

  /** Each replica's high watermark. */
  public static final String HIGH_WATERMARK = "replication-offset-checkpoint";

  private static final TextCheckpoint<Map.Entry<TopicPartition, Long>> FORMAT =
      new TextCheckpoint<>(
          "'topic partition offset', no number negative, as in 'orders 0 1042'",
          OffsetCheckpoint::line,
          OffsetCheckpoint::parse);

  private OffsetCheckpoint() {}

  private static String line(Map.Entry<TopicPartition, Long> entry) {
    return entry.getKey().topic() + " " + entry.getKey().partition() + " " + entry.getValue();
  }

  private static Map.Entry<TopicPartition, Long> parse(String[] words) {
    if (words.length != 3) {
      return null;
    }
    int partition = Integer.parseInt(words[1]);
    long offset = Long.parseLong(words[2]);
    return partition < 0 || offset < 0
        ? null
        : Map.entry(new TopicPartition(words[0], partition), offset);
  }

  /**
   * Reads the offsets of a log directory.
   *
   * @param name one of the names above
   * @return empty if there is no such file; may be changed by the caller
   * @throws MalformedFileException if the file has another form
   */
  public static Map<TopicPartition, Long> read(Path logDirectory, String name) throws IOException {
    Map<TopicPartition, Long> offsets = new HashMap<>();
    try {
      for (Map.Entry<TopicPartition, Long> entry : FORMAT.read(logDirectory.resolve(name))) {
        offsets.put(entry.getKey(), entry.getValue());
      }
    } catch (NoSuchFileException e) {
      // Nothing was written yet.
    }
    return offsets;
  }

  /**
   * Replaces the file; durable on return.
   *
   * @param name one of the names above
   */
  public static void write(
      FileIo io, Path logDirectory, String name, Map<TopicPartition, Long> offsets)
      throws IOException {
    byte[] content = FORMAT.encode(List.copyOf(offsets.entrySet()));
    AtomicFile.write(io, logDirectory.resolve(name), ByteBuffer.wrap(content));
  }
}
