package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * An idempotent producer that sends the numbers 0, 1, 2, … to partition 0 of a topic and remembers
 * at which offset each was acknowledged, whatever happens to the broker meanwhile.
 *
 * <p>Owner: the test's thread; a thread of its own sends.
 */
final class NumberedLoad implements AutoCloseable {
  private static final int IN_FLIGHT = 2_000;

  /** Between two records: what a run leaves must not depend on how fast the machine is. */
  private static final long PAUSE_NS = 50_000;

  private final String topic;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Semaphore room = new Semaphore(IN_FLIGHT);
  private final List<Long> offsets = new ArrayList<>();
  private final List<Throwable> failures = new ArrayList<>();
  private final AtomicLong acknowledged = new AtomicLong();
  private final Thread sender;
  private volatile boolean stopping;

  /** Starts to send at once. */
  NumberedLoad(Clients clients, String topic, int valueSize) {
    this.topic = topic;
    this.producer =
        clients.producer(
            Map.of(
                "acks", "all",
                "linger.ms", 1,
                "delivery.timeout.ms", 120_000,
                "request.timeout.ms", 5_000,
                "max.block.ms", 120_000,
                "retry.backoff.ms", 20,
                "reconnect.backoff.ms", 20,
                "reconnect.backoff.max.ms", 100));
    this.sender = new Thread(() -> send(valueSize), "load-" + topic);
    sender.start();
  }

  private void send(int valueSize) {
    try {
      for (int number = 0; !stopping; number++) {
        room.acquire();
        int at = number;
        synchronized (offsets) {
          offsets.add(-1L);
        }
        byte[] value = ByteBuffer.allocate(valueSize).putInt(number).array();
        var unused =
            producer.send(
                new ProducerRecord<>(topic, 0, null, value),
                (metadata, failure) -> acknowledge(at, metadata, failure));
        LockSupport.parkNanos(PAUSE_NS);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void acknowledge(int number, RecordMetadata metadata, Exception failure) {
    synchronized (offsets) {
      if (failure == null) {
        offsets.set(number, metadata.offset());
        acknowledged.incrementAndGet();
      } else {
        failures.add(failure);
      }
    }
    room.release();
  }

  /** How many records the broker has acknowledged so far. */
  long acknowledged() {
    return acknowledged.get();
  }

  /** Waits for the given number of further acknowledgements. */
  void awaitMore(long count) {
    long target = acknowledged() + count;
    Await.until(
        count + " more records acknowledged in " + topic,
        Clients.PATIENCE,
        () -> acknowledged() >= target || hasFailed());
    assertThat(failures()).isEmpty();
  }

  private boolean hasFailed() {
    synchronized (offsets) {
      return !failures.isEmpty();
    }
  }

  private List<Throwable> failures() {
    synchronized (offsets) {
      return List.copyOf(failures);
    }
  }

  /** Sends no more, waits for the last acknowledgements; all records must have got one. */
  void finish() throws InterruptedException {
    stopping = true;
    sender.join();
    producer.flush();
    producer.close();
    assertThat(failures()).isEmpty();
    assertThat(acknowledged()).isEqualTo(offsets.size());
  }

  /**
   * After {@link #finish}: the topic holds every number once, in order, at the offset that its
   * acknowledgement named, and nothing else.
   */
  void assertStoredOnceInOrder(Clients clients) {
    AtomicInteger next = new AtomicInteger();
    clients.consumeEach(
        topic,
        Map.of("check.crcs", true),
        record -> {
          int number = next.getAndIncrement();
          assertThat(ByteBuffer.wrap(record.value()).getInt())
              .as("number at offset %d of %s", record.offset(), topic)
              .isEqualTo(number);
          assertThat(number)
              .as("number beyond the last one of " + topic)
              .isLessThan(offsets.size());
          assertThat(offsets.get(number))
              .as("offset of number %d", number)
              .isEqualTo(record.offset());
        });
    assertThat(next).as("records of " + topic).hasValue(offsets.size());
  }

  @Override
  public void close() {
    stopping = true;
    producer.close(Duration.ZERO);
    room.release(IN_FLIGHT);
  }
}
