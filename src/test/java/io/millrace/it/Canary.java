package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * A well behaved client that sends a record, waits for it, and sends the next, while other clients
 * behave badly.
 *
 * <p>Owner: the test's thread; a thread of its own works.
 */
final class Canary implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final KafkaProducer<byte[], byte[]> producer;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final TopicPartition partition;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final Thread thread = new Thread(this::run, "canary");
  private volatile boolean stopping;
  private volatile long rounds;
  private volatile long worstNs;

  Canary(Clients clients, String topic) throws Exception {
    clients.createTopic(topic, 1);
    partition = new TopicPartition(topic, 0);
    producer = clients.producer(Map.of("linger.ms", 0));
    consumer = clients.consumer(Map.of("fetch.max.wait.ms", 500));
    consumer.assign(List.of(partition));
    consumer.seekToBeginning(List.of(partition));
    thread.start();
  }

  private void run() {
    try {
      long done = 0;
      while (!stopping) {
        long start = System.nanoTime();
        Clients.send(producer, new ProducerRecord<>(partition.topic(), 0, null, new byte[100]))
            .get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        ConsumerRecords<byte[], byte[]> records = consumer.poll(LIMIT);
        if (records.count() != 1 || records.iterator().next().offset() != done) {
          throw new AssertionError(records.count() + " records instead of number " + done);
        }
        worstNs = Math.max(worstNs, System.nanoTime() - start);
        done++;
        rounds = done;
      }
    } catch (Exception | AssertionError e) {
      failure.set(e);
    }
  }

  long rounds() {
    return rounds;
  }

  /** Longest time from the sending of a record to its arrival. */
  Duration worst() {
    return Duration.ofNanos(worstNs);
  }

  /** Ends; fails when any round failed or took too long. */
  void stop() throws InterruptedException {
    stopping = true;
    thread.join(2 * LIMIT.toMillis());
    assertThat(failure.get()).as("the canary's failure after %d rounds", rounds).isNull();
    assertThat(rounds).isPositive();
  }

  @Override
  public void close() {
    stopping = true;
    try {
      thread.join(2 * LIMIT.toMillis());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    producer.close(Duration.ZERO);
    consumer.close(CloseOptions.timeout(Duration.ZERO));
  }
}
