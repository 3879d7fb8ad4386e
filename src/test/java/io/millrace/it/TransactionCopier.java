package io.millrace.it;

import io.millrace.it.TransactionCheck.Copy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Copies committed records to another topic, in transactions that also move the offsets of a group
 * (KIP-447). Sometimes it aborts, or is killed at any moment; the next one begins where the last
 * committed transaction ended.
 *
 * <p>Owner: the test's thread; a thread of its own copies.
 */
final class TransactionCopier implements AutoCloseable {
  private final Clients clients;
  private final String id;
  private final List<TopicPartition> from;
  private final String to;
  private final Random random;
  private final Consumer<String> notes;
  private final Thread thread;
  private volatile Map<TopicPartition, Long> copied = Map.of();
  private volatile boolean finishing;
  private volatile boolean stopped;
  private volatile Throwable failure;

  /**
   * Starts to copy at once.
   *
   * @param id of its transactions, and of the group
   */
  TransactionCopier(
      Clients clients,
      String id,
      List<TopicPartition> from,
      String to,
      Random random,
      Consumer<String> notes) {
    this.clients = clients;
    this.id = id;
    this.from = from;
    this.to = to;
    this.random = random;
    this.notes = notes;
    thread = new Thread(this::run, id);
    thread.start();
  }

  private void run() {
    try {
      while (!stopped) {
        try {
          work();
        } catch (InterruptException e) {
          // It was killed when it had ended already.
          Thread.interrupted();
        }
      }
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  private void work() {
    KafkaProducer<byte[], byte[]> producer = TransactionWriter.producer(clients, id);
    try (KafkaConsumer<byte[], byte[]> consumer =
        clients.consumer(
            Map.of(
                "group.id", id,
                "isolation.level", "read_committed",
                "auto.offset.reset", "earliest",
                "request.timeout.ms", 5_000,
                "default.api.timeout.ms", 10_000,
                "max.poll.records", 100,
                "reconnect.backoff.max.ms", 100))) {
      producer.initTransactions();
      consumer.assign(from);
      while (!stopped) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
        if (!records.isEmpty() && !copy(records, consumer, producer)) {
          return;
        }
        Map<TopicPartition, Long> now = new HashMap<>();
        from.forEach(partition -> now.put(partition, consumer.position(partition)));
        copied = now;
      }
    } catch (KafkaException | IllegalStateException e) {
      notes.accept(id + " goes on with another producer: " + e);
    } finally {
      Thread.interrupted();
      producer.close(Duration.ZERO);
    }
  }

  /** False = it was aborted. */
  private boolean copy(
      ConsumerRecords<byte[], byte[]> records,
      KafkaConsumer<byte[], byte[]> consumer,
      KafkaProducer<byte[], byte[]> producer) {
    int what = finishing ? 99 : random.nextInt(100);
    if (what < 4) {
      killSoon(producer);
    }
    producer.beginTransaction();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      byte[] value = ByteBuffer.allocate(8).putLong(record.offset()).array();
      var unused = producer.send(new ProducerRecord<>(to, record.partition(), null, value));
    }
    Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
    for (TopicPartition partition : records.partitions()) {
      List<ConsumerRecord<byte[], byte[]>> of = records.records(partition);
      next.put(partition, new OffsetAndMetadata(of.get(of.size() - 1).offset() + 1));
    }
    producer.sendOffsetsToTransaction(next, consumer.groupMetadata());
    if (what >= 4 && what < 12) {
      producer.abortTransaction();
      return false;
    }
    producer.commitTransaction();
    return true;
  }

  /** As kill -9; the client does not wake who waits for an answer to a commit of offsets. */
  private void killSoon(KafkaProducer<byte[], byte[]> producer) {
    CompletableFuture.delayedExecutor(random.nextInt(40), TimeUnit.MILLISECONDS)
        .execute(
            () -> {
              producer.close(Duration.ZERO);
              thread.interrupt();
            });
  }

  /** The copy that a record is. */
  static Copy copyOf(ConsumerRecord<byte[], byte[]> seen) {
    return new Copy(
        ByteBuffer.wrap(seen.value()).getLong(),
        seen.topic() + "-" + seen.partition(),
        seen.offset());
  }

  /** Aborts nothing from now on. */
  void finish() {
    finishing = true;
  }

  /** Whether it has copied all that is below these offsets. */
  boolean isAt(Map<TopicPartition, Long> ends) {
    Map<TopicPartition, Long> now = copied;
    return ends.entrySet().stream()
        .allMatch(end -> now.getOrDefault(end.getKey(), 0L) >= end.getValue());
  }

  @Override
  public String toString() {
    return id + " at " + copied + (failure == null ? "" : ", ended with " + failure);
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
