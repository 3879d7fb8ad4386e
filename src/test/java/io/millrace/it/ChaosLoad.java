package io.millrace.it;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * An idempotent producer with acks=all that sends the numbers 0, 1, 2, … to each partition of a
 * topic at a steady rate, and remembers at which offset each was acknowledged. Its records have the
 * key {@code load}; {@link ChaosProbe} writes others between them.
 *
 * <p>Owner: the test's thread; a thread of its own sends.
 */
final class ChaosLoad implements AutoCloseable {
  /** Every record is to be acknowledged in the end: no fault is as long. */
  private static final int DELIVERY_MS = 170_000;

  private static final byte[] KEY = "load".getBytes(StandardCharsets.UTF_8);
  private static final int MAX_PROBLEMS = 20;

  private final String topic;
  private final KafkaProducer<byte[], byte[]> producer;
  private final List<List<Long>> offsets = new ArrayList<>();
  private final List<AtomicInteger> acknowledged = new ArrayList<>();
  private final List<ChaosGaps> gaps = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private final Thread sender;
  private volatile boolean stopping;

  /**
   * Starts to send at once.
   *
   * @param perSecond records for each partition and second
   */
  ChaosLoad(Clients clients, String topic, int partitions, int perSecond) {
    this.topic = topic;
    for (int partition = 0; partition < partitions; partition++) {
      offsets.add(new ArrayList<>());
      acknowledged.add(new AtomicInteger());
      gaps.add(new ChaosGaps());
    }
    producer =
        clients.producer(
            Map.of(
                "acks", "all",
                "enable.idempotence", true,
                "linger.ms", 2,
                "delivery.timeout.ms", DELIVERY_MS,
                "request.timeout.ms", 5_000,
                "max.block.ms", DELIVERY_MS,
                "retry.backoff.ms", 20,
                "reconnect.backoff.ms", 20,
                "reconnect.backoff.max.ms", 100));
    sender = new Thread(() -> send(1_000_000_000L / perSecond), "chaos-load");
    sender.start();
  }

  private void send(long intervalNs) {
    for (int number = 0; !stopping; number++) {
      for (int partition = 0; partition < offsets.size(); partition++) {
        send(partition, number);
      }
      LockSupport.parkNanos(intervalNs);
    }
  }

  private void send(int partition, int number) {
    List<Long> of = offsets.get(partition);
    synchronized (of) {
      of.add(-1L);
    }
    byte[] value = ByteBuffer.allocate(100).putInt(number).array();
    try {
      var unused =
          producer.send(
              new ProducerRecord<>(topic, partition, KEY, value),
              (metadata, failure) -> onAnswer(partition, number, metadata, failure));
    } catch (RuntimeException e) {
      onAnswer(partition, number, null, e);
    }
  }

  private void onAnswer(int partition, int number, RecordMetadata metadata, Exception failure) {
    if (failure != null) {
      synchronized (failures) {
        failures.add("number " + number + " of partition " + partition + ": " + failure);
      }
      return;
    }
    List<Long> of = offsets.get(partition);
    synchronized (of) {
      of.set(number, metadata.offset());
    }
    acknowledged.get(partition).incrementAndGet();
    gaps.get(partition).acknowledged();
  }

  /** Waits for so many further acknowledgements in each partition. */
  void awaitMore(int count, Duration within) {
    List<Integer> targets = acknowledged.stream().map(a -> a.get() + count).toList();
    Await.until(
        () -> count + " more records acknowledged in each partition of " + topic + describe(),
        within,
        () -> {
          for (int partition = 0; partition < targets.size(); partition++) {
            if (acknowledged.get(partition).get() < targets.get(partition)) {
              return failed();
            }
          }
          return true;
        });
  }

  private boolean failed() {
    synchronized (failures) {
      return !failures.isEmpty();
    }
  }

  private String describe() {
    synchronized (failures) {
      return ", acknowledged " + acknowledged + ", failures " + failures;
    }
  }

  /** When records of a partition were acknowledged. */
  ChaosGaps gaps(int partition) {
    return gaps.get(partition);
  }

  int acknowledged() {
    return acknowledged.stream().mapToInt(AtomicInteger::get).sum();
  }

  /** Sends no more, and waits for the last acknowledgements. Returns what was not acknowledged. */
  List<String> finish() {
    stopping = true;
    try {
      sender.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    producer.flush();
    producer.close();
    synchronized (failures) {
      return List.copyOf(failures.subList(0, Math.min(failures.size(), MAX_PROBLEMS)));
    }
  }

  /**
   * What is wrong with the records of a partition, as a consumer reads them: empty = every number
   * is there once, in order, at its acknowledged offset. After {@link #finish}.
   */
  List<String> check(int partition, List<ConsumerRecord<byte[], byte[]>> stored) {
    List<String> problems = new ArrayList<>();
    List<Long> of = offsets.get(partition);
    int next = 0;
    for (ConsumerRecord<byte[], byte[]> record : stored) {
      if (!isOfLoad(record)) {
        continue;
      }
      int number = ByteBuffer.wrap(record.value()).getInt();
      String what = topic + "-" + partition + ": number " + number + " at " + record.offset();
      if (number < next) {
        problems.add(what + " comes again or too late, after number " + (next - 1));
        continue;
      }
      for (; next < number; next++) {
        problems.addAll(missing(partition, next));
      }
      if (of.get(number) >= 0 && of.get(number) != record.offset()) {
        problems.add(what + " was acknowledged at " + of.get(number));
      }
      next = number + 1;
    }
    for (; next < of.size(); next++) {
      problems.addAll(missing(partition, next));
    }
    return problems.subList(0, Math.min(problems.size(), MAX_PROBLEMS));
  }

  private List<String> missing(int partition, int number) {
    long offset = offsets.get(partition).get(number);
    return offset < 0
        ? List.of()
        : List.of(
            topic
                + "-"
                + partition
                + ": number "
                + number
                + ", acknowledged at "
                + offset
                + ", is lost");
  }

  static boolean isOfLoad(ConsumerRecord<byte[], byte[]> record) {
    return record.key() != null && record.key().length == KEY.length;
  }

  @Override
  public void close() {
    stopping = true;
    producer.close(Duration.ZERO);
  }
}
