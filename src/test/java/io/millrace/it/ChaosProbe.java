package io.millrace.it;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Measures how long a partition cannot be written to: a producer of its own with acks=all sends one
 * small record after the other, each with short timeouts and no retries, and notes when each was
 * acknowledged. Its records have no key.
 *
 * <p>Owner: the test's thread; a thread of its own sends.
 */
final class ChaosProbe implements AutoCloseable {
  private static final int TIMEOUT_MS = 400;
  private static final long PAUSE_NS = 4_000_000;

  private final String topic;
  private final int partition;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Map<Integer, Long> offsets = new HashMap<>();
  private final ChaosGaps gaps = new ChaosGaps();
  private final Thread sender;
  private volatile boolean stopping;

  /** Starts to send at once. */
  ChaosProbe(Clients clients, String topic, int partition) {
    this.topic = topic;
    this.partition = partition;
    producer =
        clients.producer(
            Map.of(
                "acks",
                "all",
                "enable.idempotence",
                false,
                "retries",
                0,
                "linger.ms",
                0,
                "request.timeout.ms",
                TIMEOUT_MS,
                "delivery.timeout.ms",
                TIMEOUT_MS,
                "max.block.ms",
                TIMEOUT_MS,
                "retry.backoff.ms",
                10,
                "reconnect.backoff.ms",
                10,
                "reconnect.backoff.max.ms",
                50));
    sender = new Thread(this::send, "chaos-probe-" + partition);
    sender.start();
  }

  private void send() {
    for (int number = 0; !stopping; number++) {
      byte[] value = ByteBuffer.allocate(4).putInt(number).array();
      try {
        long offset =
            producer.send(new ProducerRecord<>(topic, partition, null, value)).get().offset();
        synchronized (offsets) {
          offsets.put(number, offset);
        }
        gaps.acknowledged();
      } catch (ExecutionException | RuntimeException e) {
        // Nobody knows whether it is stored; the next one will tell when the partition is back.
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      LockSupport.parkNanos(PAUSE_NS);
    }
  }

  /** When its records were acknowledged. */
  ChaosGaps gaps() {
    return gaps;
  }

  int acknowledged() {
    synchronized (offsets) {
      return offsets.size();
    }
  }

  void finish() {
    stopping = true;
    try {
      sender.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    producer.close();
  }

  /** Which acknowledged records are not where they were acknowledged; after {@link #finish}. */
  List<String> check(List<ConsumerRecord<byte[], byte[]>> stored) {
    Map<Integer, Long> found = new HashMap<>();
    List<String> problems = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : stored) {
      if (!ChaosLoad.isOfLoad(record)) {
        int number = ByteBuffer.wrap(record.value()).getInt();
        if (found.put(number, record.offset()) != null) {
          problems.add(topic + "-" + partition + ": probe " + number + " is there twice");
        }
      }
    }
    offsets.forEach(
        (number, offset) -> {
          if (!offset.equals(found.get(number))) {
            problems.add(
                topic
                    + "-"
                    + partition
                    + ": probe "
                    + number
                    + ", acknowledged at "
                    + offset
                    + ", is at "
                    + found.get(number));
          }
        });
    return problems.subList(0, Math.min(problems.size(), 10));
  }

  @Override
  public void close() {
    stopping = true;
    producer.close(Duration.ZERO);
  }
}
