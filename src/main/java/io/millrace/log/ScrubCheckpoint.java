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
 * How far the scrub of a log directory has come, in {@code scrub-checkpoint}: a line for each log,
 * with topic, partition, when its last round was complete (ms, 0 = never) and from which offset on
 * the round that is under way goes on (0 = none is).
 *
 * <p>Nothing of it is fsynced: what a crash of the machine takes away is read again.
 *
 * <p>Owner: immutable.
 */
final class ScrubCheckpoint {
  static final String FILE = "scrub-checkpoint";

  /** How far the scrub of one log has come. */
  record Progress(long lastRoundMs, long nextOffset) {
    static final Progress NONE = new Progress(0, 0);
  }

  private static final TextCheckpoint<Map.Entry<TopicPartition, Progress>> FORMAT =
      new TextCheckpoint<>(
          "topic, partition, time of the last round and next offset",
          entry ->
              entry.getKey().topic()
                  + " "
                  + entry.getKey().partition()
                  + " "
                  + entry.getValue().lastRoundMs
                  + " "
                  + entry.getValue().nextOffset,
          words ->
              words.length == 4
                  ? Map.entry(
                      new TopicPartition(words[0], Integer.parseInt(words[1])),
                      new Progress(Long.parseLong(words[2]), Long.parseLong(words[3])))
                  : null);

  private ScrubCheckpoint() {}

  /** Empty if there is none. Blocks. */
  static Map<TopicPartition, Progress> read(Path logDirectory) throws IOException {
    Map<TopicPartition, Progress> all = new HashMap<>();
    try {
      for (Map.Entry<TopicPartition, Progress> entry : FORMAT.read(logDirectory.resolve(FILE))) {
        all.put(entry.getKey(), entry.getValue());
      }
    } catch (NoSuchFileException e) {
      // Nothing was scrubbed yet.
    }
    return all;
  }

  /** Nothing of this log was read here; for as long as no scrub has read the file. Blocks. */
  static void forget(FileIo io, Path logDirectory, TopicPartition partition) throws IOException {
    Map<TopicPartition, Progress> all;
    try {
      all = read(logDirectory);
    } catch (MalformedFileException e) {
      return; // it says nothing of any log
    }
    if (all.remove(partition) != null) {
      write(io, logDirectory, all);
    }
  }

  /** Replaces the file. Blocks. */
  static void write(FileIo io, Path logDirectory, Map<TopicPartition, Progress> all)
      throws IOException {
    byte[] content = FORMAT.encode(List.copyOf(all.entrySet()));
    AtomicFile.writeUnsynced(io, logDirectory.resolve(FILE), ByteBuffer.wrap(content));
  }
}
