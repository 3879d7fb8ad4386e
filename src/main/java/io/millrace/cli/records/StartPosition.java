package io.millrace.cli.records;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;

/**
 * Where reading begins in each partition.
 *
 * <p>Owner: immutable.
 */
interface StartPosition {
  /**
   * The offset of the first record to read, within [start, end] of each partition.
   *
   * @param starts the first offsets that exist
   * @param ends the ends (exclusive)
   */
  Map<TopicPartition, Long> resolve(
      Consumer<byte[], byte[]> consumer,
      Map<TopicPartition, Long> starts,
      Map<TopicPartition, Long> ends);

  static StartPosition beginning() {
    return (consumer, starts, ends) -> starts;
  }

  static StartPosition end() {
    return (consumer, starts, ends) -> ends;
  }

  /** At an offset, or with a negative one so many before the end. */
  static StartPosition offset(long offset) {
    return (consumer, starts, ends) -> {
      Map<TopicPartition, Long> positions = new HashMap<>();
      ends.forEach(
          (partition, end) -> {
            long wanted = offset < 0 ? end + offset : offset;
            positions.put(partition, Math.min(end, Math.max(starts.get(partition), wanted)));
          });
      return positions;
    };
  }

  /** At the first record that is not older; the end where there is none. */
  static StartPosition timestamp(long timestampMs) {
    return (consumer, starts, ends) -> {
      Map<TopicPartition, OffsetAndTimestamp> found =
          consumer.offsetsForTimes(all(ends.keySet(), timestampMs));
      Map<TopicPartition, Long> positions = new HashMap<>();
      ends.forEach(
          (partition, end) -> {
            OffsetAndTimestamp at = found.get(partition);
            positions.put(partition, at == null ? end : at.offset());
          });
      return positions;
    };
  }

  private static Map<TopicPartition, Long> all(
      Collection<TopicPartition> partitions, long timestampMs) {
    Map<TopicPartition, Long> asked = new HashMap<>();
    partitions.forEach(partition -> asked.put(partition, timestampMs));
    return asked;
  }
}
