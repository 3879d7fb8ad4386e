package io.millrace.coordinator.group;

import java.util.Collection;
import java.util.function.ToLongFunction;

/**
 * How far a group is behind in a partition.
 *
 * @param committed what the group has committed
 * @param endOffset end of what can be read: the high watermark; -1 = this node does not know
 * @param records from the committed offset to the end, as Kafka's tools count; -1 = unknown
 * @param ms how long the oldest record that nobody has read yet is there; 0 = all is read; -1 =
 *     unknown
 *     <p>Owner: immutable.
 */
public record PartitionLag(
    String topic, int partition, CommittedOffset committed, long endOffset, long records, long ms) {
  /** A figure that nobody knows. */
  public static final long UNKNOWN = -1;

  /** Without the age of the oldest record, unless there is none. */
  public static PartitionLag of(
      String topic, int partition, CommittedOffset committed, long endOffset) {
    long records = endOffset < 0 ? UNKNOWN : Math.max(0, endOffset - committed.offset());
    return new PartitionLag(
        topic, partition, committed, endOffset, records, records == 0 ? 0 : UNKNOWN);
  }

  /**
   * With the age of the oldest record.
   *
   * @param timestampMs of that record; below 0 = it has none, or nobody knows
   */
  public PartitionLag since(long timestampMs, long nowMs) {
    long age = timestampMs < 0 ? UNKNOWN : Math.max(0, nowMs - timestampMs);
    return new PartitionLag(topic, partition, committed, endOffset, records, age);
  }

  /** Records of all partitions whose lag is known; -1 = of none. */
  public static long totalRecords(Collection<PartitionLag> lags) {
    long total = 0;
    for (PartitionLag lag : lags) {
      total += Math.max(0, lag.records);
    }
    return unknown(lags, PartitionLag::records) ? UNKNOWN : total;
  }

  /** The longest of all partitions where it is known; -1 = of none. */
  public static long longestMs(Collection<PartitionLag> lags) {
    long longest = 0;
    boolean someUnknown = false;
    for (PartitionLag lag : lags) {
      longest = Math.max(longest, lag.ms);
      someUnknown |= lag.ms < 0;
    }
    // Nothing known is longer than 0, and something may be: not to be mistaken for "all is read".
    return longest == 0 && someUnknown ? UNKNOWN : longest;
  }

  private static boolean unknown(
      Collection<PartitionLag> lags, ToLongFunction<PartitionLag> figure) {
    return !lags.isEmpty() && lags.stream().allMatch(lag -> figure.applyAsLong(lag) < 0);
  }
}
