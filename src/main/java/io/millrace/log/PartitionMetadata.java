package io.millrace.log;

import io.millrace.model.TopicId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Kafka's {@code partition.metadata} file in the directory of a log: the id of the topic that the
 * log belongs to (KIP-516).
 *
 * <p>Owner: any thread, one at a time per file; blocks.
 */
final class PartitionMetadata {
  static final String FILE = "partition.metadata";

  private static final String VERSION_LINE = "version: 0";
  private static final String TOPIC_ID = "topic_id: ";

  private PartitionMetadata() {}

  /**
   * Reads the topic id of a log.
   *
   * @return empty if there is no file
   * @throws MalformedFileException if the file has another form
   */
  static Optional<TopicId> read(Path logDirectory) throws IOException {
    Path file = logDirectory.resolve(FILE);
    List<String> lines;
    try {
      lines = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    if (lines.isEmpty() || !lines.get(0).strip().equals(VERSION_LINE)) {
      throw new MalformedFileException(
          file, 1, lines.isEmpty() ? null : lines.get(0), "'" + VERSION_LINE + "'");
    }
    String line = lines.size() < 2 ? null : lines.get(1);
    if (line != null && line.startsWith(TOPIC_ID) && lines.size() == 2) {
      try {
        TopicId id = TopicId.parse(line.substring(TOPIC_ID.length()).strip());
        if (!id.isZero()) {
          return Optional.of(id);
        }
      } catch (IllegalArgumentException e) {
        // Not an id: said below.
      }
    }
    throw new MalformedFileException(
        file, 2, line, "'" + TOPIC_ID + "' and the topic's id (22 characters), and nothing more");
  }

  /**
   * Replaces the file.
   *
   * @param durable whether it must survive a crash of the machine on return; if not, it may be
   *     missing, old or malformed after one
   */
  static void write(FileIo io, Path logDirectory, TopicId topicId, boolean durable)
      throws IOException {
    ByteBuffer content = StandardCharsets.UTF_8.encode(VERSION_LINE + "\n" + TOPIC_ID + topicId);
    Path file = logDirectory.resolve(FILE);
    if (durable) {
      AtomicFile.write(io, file, content);
    } else {
      AtomicFile.writeUnsynced(io, file, content);
    }
  }
}
