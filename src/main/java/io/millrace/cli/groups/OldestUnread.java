package io.millrace.cli.groups;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads the oldest record that a group has not read, of each partition, for its timestamp.
 *
 * <p>Owner: the command's thread.
 */
final class OldestUnread {
  /** Settings of the consumer: a little of each partition is enough. */
  static final Map<String, Object> SETTINGS =
      Map.of(
          "enable.auto.commit",
          false,
          "auto.offset.reset",
          "earliest",
          "allow.auto.create.topics",
          false,
          "max.partition.fetch.bytes",
          16 << 10,
          "fetch.max.wait.ms",
          100);

  private OldestUnread() {}

  /**
   * Timestamps (wall time in ms); partitions that do not answer in time are left out.
   *
   * @param positions where to read in each partition
   */
  static Map<TopicPartition, Long> timestamps(
      Consumer<byte[], byte[]> consumer, Map<TopicPartition, Long> positions, Duration patience) {
    Map<TopicPartition, Long> found = new HashMap<>();
    Set<TopicPartition> left = new HashSet<>(positions.keySet());
    consumer.assign(left);
    positions.forEach(consumer::seek);
    long began = System.nanoTime();
    while (!left.isEmpty() && System.nanoTime() - began < patience.toNanos()) {
      ConsumerRecords<byte[], byte[]> batch = consumer.poll(Duration.ofMillis(200));
      for (TopicPartition partition : batch.partitions()) {
        List<ConsumerRecord<byte[], byte[]>> records = batch.records(partition);
        if (!records.isEmpty() && left.remove(partition)) {
          found.put(partition, records.get(0).timestamp());
          consumer.pause(List.of(partition));
        }
      }
    }
    return found;
  }
}
