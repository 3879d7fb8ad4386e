package io.millrace.cli.bench;

import io.millrace.cli.Interruption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.WakeupException;

/**
 * Writes records from one or more producers, a thread each, and measures from send (or from when
 * the record was due) to the acknowledgement.
 *
 * <p>Owner: the command's thread; each {@link Sender} belongs to its thread, and what is shared is
 * read only when the threads have ended or is volatile.
 */
final class ProduceRun {
  // One that paces itself may sleep for longer.
  private static final long STOP_PATIENCE_MS = 2_000;

  private final Supplier<Producer<byte[], byte[]>> producers;
  private final String topic;
  private final Payload payload;
  private final int recordSize;
  private final Interruption interruption;
  private final AtomicReference<Exception> failure = new AtomicReference<>();

  ProduceRun(
      Supplier<Producer<byte[], byte[]>> producers,
      String topic,
      Payload payload,
      int recordSize,
      Interruption interruption) {
    this.producers = producers;
    this.topic = topic;
    this.payload = payload;
    this.recordSize = recordSize;
    this.interruption = interruption;
  }

  /** One producer and its thread. */
  private final class Sender implements Runnable {
    private final long records;
    private final double perSecond;

    /** Written only by the producer's own callback thread, read after it has ended. */
    private final Latencies latencies = new Latencies();

    private volatile long acknowledged;

    Sender(long records, double perSecond) {
      this.records = records;
      this.perSecond = perSecond;
    }

    @Override
    public void run() {
      try (Producer<byte[], byte[]> producer = producers.get()) {
        Pace pace = new Pace(perSecond);
        for (long i = 0; i < records && failure.get() == null; i++) {
          long due = pace.await(i);
          var record = new ProducerRecord<byte[], byte[]>(topic, payload.value(i));
          var unused = producer.send(record, (metadata, e) -> onCompletion(due, e));
        }
        if (failure.get() == null) {
          producer.flush();
        } else {
          // What it still has to write nobody wants.
          producer.close(Duration.ZERO);
        }
      } catch (RuntimeException e) {
        failure.compareAndSet(null, e);
      }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // only the producer's one thread writes
    private void onCompletion(long due, Exception e) {
      if (e != null) {
        failure.compareAndSet(null, e);
      } else {
        latencies.recordNanos(System.nanoTime() - due);
        acknowledged++;
      }
    }
  }

  /**
   * Writes {@code records} in all.
   *
   * @param threads how many producers share the work
   * @param perSecond records of all together; 0 or less = as fast as they can
   * @throws InterruptedException never, unless somebody interrupts the command
   * @throws WakeupException when a signal has come
   */
  BenchResult run(String name, long records, int threads, double perSecond, Progress progress)
      throws InterruptedException {
    List<Sender> senders = new ArrayList<>();
    List<Thread> running = new ArrayList<>();
    long start = System.nanoTime();
    for (int i = 0; i < threads; i++) {
      long share = records / threads + (i < records % threads ? 1 : 0);
      Sender sender = new Sender(share, perSecond / threads);
      Thread thread = new Thread(sender, "bench-producer-" + i);
      thread.setDaemon(true);
      thread.start();
      senders.add(sender);
      running.add(thread);
    }
    for (Thread thread : running) {
      while (thread.isAlive()) {
        thread.join(100);
        if (interruption.begun()) {
          stop(running);
          progress.end();
          throw new WakeupException();
        }
        long done = senders.stream().mapToLong(sender -> sender.acknowledged).sum();
        progress.update(done, done * recordSize);
      }
    }
    long nanos = System.nanoTime() - start;
    progress.end();
    Exception reason = failure.get();
    if (reason instanceof RuntimeException e) {
      throw e;
    }
    if (reason != null) {
      throw new IllegalStateException(reason);
    }
    Latencies all = new Latencies();
    senders.forEach(sender -> all.add(sender.latencies));
    return new BenchResult(name, records, records * recordSize, nanos, Map.of("ack latency", all));
  }

  /** Ends the producers: one that goes on could bring the topic back when it is deleted. */
  private void stop(List<Thread> running) throws InterruptedException {
    failure.compareAndSet(null, new WakeupException());
    long began = System.nanoTime();
    for (Thread thread : running) {
      long leftMs = STOP_PATIENCE_MS - (System.nanoTime() - began) / 1_000_000;
      if (leftMs > 0) {
        thread.join(leftMs);
      }
    }
  }
}
