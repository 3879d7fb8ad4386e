package io.millrace.model;

/**
 * A partition by the id and the name of its topic.
 *
 * <p>Owner: immutable.
 */
public record TopicIdPartition(TopicId topicId, String topic, int partition) {
  public TopicPartition topicPartition() {
    return new TopicPartition(topic, partition);
  }

  /** {@code topic-partition}, which is also the name of its directory. */
  @Override
  public String toString() {
    return topic + "-" + partition;
  }
}
