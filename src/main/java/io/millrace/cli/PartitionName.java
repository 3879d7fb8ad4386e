package io.millrace.cli;

import org.apache.kafka.common.TopicPartition;

/**
 * Partitions as people write them: {@code TOPIC-NUMBER}.
 *
 * <p>Owner: immutable.
 */
public final class PartitionName {
  private PartitionName() {}

  /**
   * Reads such a name.
   *
   * @throws IllegalArgumentException it has another form
   */
  public static TopicPartition parse(String text) {
    int dash = text.lastIndexOf('-');
    try {
      if (dash > 0) {
        return new TopicPartition(
            text.substring(0, dash), Integer.parseInt(text.substring(dash + 1)));
      }
    } catch (NumberFormatException e) {
      // It is told below.
    }
    throw new IllegalArgumentException(
        "'" + text + "' is no partition of the form TOPIC-NUMBER, such as orders-0");
  }
}
