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

  /** Its log is not one of a partition, and may lie among them. */
  static final String METADATA_TOPIC = "__cluster_metadata";

  private static final int DIGITS = 20;
  private static final int MAX_NAME = 255;

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

  private static String asideDirectory(String name, String ending) {
    String suffix = "." + UUID.randomUUID().toString().replace("-", "") + ending;
    return name.substring(0, Math.min(name.length(), MAX_NAME - suffix.length())) + suffix;
  }
}
