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

  @Override
  public boolean equals(Object other) {
    return other instanceof TopicIdPartition that
        && partition == that.partition
        && topicId.equals(that.topicId)
        && topic.equals(that.topic);
  }

  /**
   * Spread wide, as {@link TopicPartition}'s: what a record has by itself numbers the partitions of
   * a topic one by one, and where those of two topics overlap, a map that looks for the next free
   * place (Map.copyOf) goes through thousands.
   */
  @Override
  public int hashCode() {
    int mixed = topicId.hashCode() * 0x9E3779B9 + partition * 0x85EBCA6B;
    return mixed ^ (mixed >>> 15);
  }

  /** {@code topic-partition}, which is also the name of its directory. */
  @Override
  public String toString() {
    return topic + "-" + partition;
  }
}
