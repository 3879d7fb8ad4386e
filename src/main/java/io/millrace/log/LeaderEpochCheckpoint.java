package io.millrace.log;

import io.millrace.log.LeaderEpochCache.EpochEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Kafka's {@code leader-epoch-checkpoint} file in the directory of a log: a line {@code epoch
 * startOffset} for each entry of its {@link LeaderEpochCache}.
 *
 * <p>Owner: any thread, one at a time per file; blocks.
 */
final class LeaderEpochCheckpoint {
  static final String FILE = "leader-epoch-checkpoint";

  private static final TextCheckpoint<EpochEntry> FORMAT =
      new TextCheckpoint<>(
          "'epoch startOffset', neither negative, as in '3 1042'",
          entry -> entry.epoch() + " " + entry.startOffset(),
          LeaderEpochCheckpoint::parse);

  private LeaderEpochCheckpoint() {}

  private static EpochEntry parse(String[] words) {
    if (words.length != 2) {
      return null;
    }
    EpochEntry entry = new EpochEntry(Integer.parseInt(words[0]), Long.parseLong(words[1]));
    return entry.epoch() < 0 || entry.startOffset() < 0 ? null : entry;
  }

  /**
   * Reads the entries of a log.
   *
   * @return empty if there is no file
   * @throws MalformedFileException if the file has another form
   */
  static List<EpochEntry> read(Path logDirectory) throws IOException {
    try {
      return FORMAT.read(logDirectory.resolve(FILE));
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  /** Replaces the file; durable on return. */
  static void write(FileIo io, Path logDirectory, List<EpochEntry> entries) throws IOException {
    AtomicFile.write(io, logDirectory.resolve(FILE), ByteBuffer.wrap(FORMAT.encode(entries)));
  }

  /** Replaces the file; durable only after an fsync of file and directory. */
  static void writeUnsynced(FileIo io, Path logDirectory, List<EpochEntry> entries)
      throws IOException {
    AtomicFile.writeUnsynced(
        io, logDirectory.resolve(FILE), ByteBuffer.wrap(FORMAT.encode(entries)));
  }
}
