package io.millrace.model;

/**
 * A partition by the name of its topic.
 *
 * <p>Owner: immutable.
 */
public record TopicPartition(String topic, int partition) {
  /** {@code topic-partition}, which is also the name of its directory. */
  @Override
  public String toString() {
    return topic + "-" + partition;
  }
}
