package io.millrace.it;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads what is committed of some partitions while it is written.
 *
 * <p>Owner: the test's thread; a thread of its own reads.
 */
final class TransactionReader implements AutoCloseable {
  private final List<TransactionRecord> seen = new ArrayList<>();
  private final Clients clients;
  private final List<TopicPartition> partitions;
  private final Thread thread;
  private volatile Map<TopicPartition, Long> positions = Map.of();
  private volatile boolean stopped;
  private volatile Throwable failure;

  /** Starts to read at once, from the beginning. */
  TransactionReader(Clients clients, List<TopicPartition> partitions) {
    this.clients = clients;
    this.partitions = partitions;
    thread = new Thread(this::run, "transaction-reader");
    thread.start();
  }

  private void run() {
    try (KafkaConsumer<byte[], byte[]> consumer =
        clients.consumer(
            Map.of(
                "isolation.level",
                "read_committed",
                "request.timeout.ms",
                5_000,
                "check.crcs",
                true,
                "reconnect.backoff.max.ms",
                100))) {
      consumer.assign(partitions);
      partitions.forEach(partition -> consumer.seek(partition, 0));
      while (!stopped) {
        List<TransactionRecord> more = new ArrayList<>();
        consumer.poll(Duration.ofMillis(100)).forEach(one -> more.add(TransactionRecord.of(one)));
        synchronized (seen) {
          seen.addAll(more);
        }
        Map<TopicPartition, Long> now = new HashMap<>();
        partitions.forEach(partition -> now.put(partition, consumer.position(partition)));
        positions = now;
      }
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  List<TransactionRecord> seen() {
    synchronized (seen) {
      return List.copyOf(seen);
    }
  }

  /** Whether it has read all that is below these offsets. */
  boolean isAt(Map<TopicPartition, Long> ends) {
    Map<TopicPartition, Long> now = positions;
    return ends.entrySet().stream()
        .allMatch(end -> now.getOrDefault(end.getKey(), 0L) >= end.getValue());
  }

  @Override
  public String toString() {
    return "reader at " + positions + (failure == null ? "" : ", ended with " + failure);
  }

  @Override
  public void close() {
    stopped = true;
    try {
      thread.join(TestCluster.PATIENCE.toMillis());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
