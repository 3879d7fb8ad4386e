package io.millrace.model;

/**
 * A partition by the name of its topic.
 *
 * <p>Owner: immutable.
 */
public record TopicPartition(String topic, int partition) {
  @Override
  public boolean equals(Object other) {
    return other instanceof TopicPartition that
        && partition == that.partition
        && topic.equals(that.topic);
  }

  /**
   * Spread wide: what a record has by itself is the same for partition 31 of one topic and
   * partition 0 of the next, so that many topics with many partitions meet in few buckets.
   */
  @Override
  public int hashCode() {
    int mixed = topic.hashCode() * 0x9E3779B9 + partition * 0x85EBCA6B;
    return mixed ^ (mixed >>> 15);
  }

  /** {@code topic-partition}, which is also the name of its directory. */
  @Override
  public String toString() {
    return topic + "-" + partition;
  }
}
