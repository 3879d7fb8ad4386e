package io.millrace.log;

import io.millrace.model.TopicPartition;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Kafka's names of the files and directories of a log.
 *
 * <p>Owner: immutable.
 */
final class SegmentNames {
  static final String LOG = ".log";
  static final String OFFSET_INDEX = ".index";
  static final String TIME_INDEX = ".timeindex";
  static final String TRANSACTION_INDEX = ".txnindex";
  static final String SNAPSHOT = ".snapshot";

  /** Of a file of a compacted segment that is being written. */
  static final String CLEANED = ".cleaned";

  /** Of a file of a compacted segment that is whole and durable and takes the others' place. */
  static final String SWAP = ".swap";

  /** Of a file that is no longer part of its log and will be removed. */
  static final String DELETED = ".deleted";

  /** Of the directory of a log that will be removed, as in {@code topic-0.<uuid>-delete}. */
  static final String DELETED_DIRECTORY = "-delete";

  /** Of the directory of a log that belongs to no topic, as in {@code topic-0.<uuid>-stray}. */
  static final String STRAY_DIRECTORY = "-stray";

  /**
   * Of the directory into which a log is being copied, as in {@code topic-0.<uuid>-future}; not all
   * of the log is in it.
   */
  static final String FUTURE_DIRECTORY = "-future";

  /**
   * Of the directory with a whole and durable copy that is about to become the log, as in {@code
   * topic-0.<uuid>-moved}, with the id of the log directory from which the log comes.
   */
  static final String MOVED_DIRECTORY = "-moved";

  /** Its log is not one of a partition, and may lie among them. */
  static final String METADATA_TOPIC = "__cluster_metadata";

  private static final int DIGITS = 20;
  private static final int MAX_NAME = 255;
  private static final int HEX_DIGITS = 32;

  private SegmentNames() {}

  /** Endings of the files of one segment, the one with the batches first. */
  static final List<String> OF_SEGMENT = List.of(LOG, OFFSET_INDEX, TIME_INDEX, TRANSACTION_INDEX);

  /** {@code 00000000000000000042.log} for base offset 42. */
  static Path file(Path directory, long offset, String suffix) {
    return directory.resolve(padded(offset) + suffix);
  }

  private static String padded(long offset) {
    String digits = Long.toString(offset);
    return "0".repeat(DIGITS - digits.length()) + digits;
  }

  /** The offset in a file's name; -1 = the name is not 20 digits and this suffix. */
  static long offset(String name, String suffix) {
    if (name.length() != DIGITS + suffix.length()
        || name.charAt(0) != '0'
        || !name.endsWith(suffix)) {
      return -1;
    }
    long offset = 0;
    for (int i = 0; i < DIGITS; i++) {
      int digit = name.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      offset = offset * 10 + digit;
    }
    return offset < 0 ? -1 : offset;
  }

  /** The partition whose log a directory of this name holds, if it is a log's name. */
  static Optional<TopicPartition> partition(String directoryName) {
    int dash = directoryName.lastIndexOf('-');
    if (dash < 1 || dash == directoryName.length() - 1) {
      return Optional.empty();
    }
    String digits = directoryName.substring(dash + 1);
    if (digits.length() > 9 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return Optional.empty();
    }
    return Optional.of(
        new TopicPartition(directoryName.substring(0, dash), Integer.parseInt(digits)));
  }

  /** A fresh name for the directory of a deleted log; the topic's name is cut if too long. */
  static String deletedDirectory(String name) {
    return asideDirectory(name, DELETED_DIRECTORY);
  }

  /** A fresh name for the directory of a log that belongs to no topic. */
  static String strayDirectory(String name) {
    return asideDirectory(name, STRAY_DIRECTORY);
  }

  /** A fresh name for the directory into which a log is copied; it holds the log's name whole. */
  static String futureDirectory(String name) {
    return name + "." + hex(UUID.randomUUID()) + FUTURE_DIRECTORY;
  }

  /** Whether the file system takes the name of a log with what a move adds to it. */
  static boolean canMove(String name) {
    return futureDirectory(name).length() <= MAX_NAME;
  }

  /** The name of a whole copy. */
  static String movedDirectory(String name, UUID source) {
    return name + "." + hex(source) + MOVED_DIRECTORY;
  }

  /** What the name of a directory says that belongs to a move; empty = it belongs to none. */
  static Optional<OfMove> ofMove(String directoryName, String ending) {
    if (!directoryName.endsWith(ending)) {
      return Optional.empty();
    }
    String bare = directoryName.substring(0, directoryName.length() - ending.length());
    int dot = bare.lastIndexOf('.');
    if (dot < 1 || bare.length() - dot - 1 != HEX_DIGITS) {
      return Optional.empty();
    }
    try {
      UUID id =
          new UUID(
              Long.parseUnsignedLong(bare.substring(dot + 1, dot + 17), 16),
              Long.parseUnsignedLong(bare.substring(dot + 17), 16));
      return partition(bare.substring(0, dot)).map(partition -> new OfMove(partition, id));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** A partition and the id in the name. */
  record OfMove(TopicPartition partition, UUID id) {}

  private static String hex(UUID id) {
    return id.toString().replace("-", "");
  }

  private static String asideDirectory(String name, String ending) {
    String suffix = "." + hex(UUID.randomUUID()) + ending;
    return name.substring(0, Math.min(name.length(), MAX_NAME - suffix.length())) + suffix;
  }
}
