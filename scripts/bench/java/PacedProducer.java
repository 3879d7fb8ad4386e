import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends at a fixed rate with linger.ms=0 and acks=all; latency counts from the moment at which the
 * record was due, so that a stall is not hidden by sending less. It warms up by the same code with
 * ten times as many records a second: what is measured then is no compiler of its own.
 *
 * <p>Usage: PacedProducer BOOTSTRAP TOPIC RATE SECONDS WARMUP_SECONDS SIZE FILE. Prints {@code PACED
 * rps=… ack_p50=… …} and writes a line for each record to the file: when it was due and its latency,
 * both in ns, the first of System.nanoTime. It prints {@code WARM} when the records begin to count, and a SIGTERM ends it
 * early, with all that it has.
 */
public final class PacedProducer {
  private static final int WARMER = 10;

  /** Of the records of a part of the run; from the producer's sender thread. */
  private static final class Samples {
    final Percentiles latencies = new Percentiles();
    final StringBuilder lines = new StringBuilder(1 << 20);

    void add(long due, long latency) {
      latencies.add(latency);
      lines.append(due).append(' ').append(latency).append('\n');
    }
  }

  private final KafkaProducer<byte[], byte[]> producer;
  private final String topic;
  private final byte[] value;
  private final AtomicBoolean ended;
  private volatile Exception failure;

  private PacedProducer(
      KafkaProducer<byte[], byte[]> producer, String topic, byte[] value, AtomicBoolean ended) {
    this.producer = producer;
    this.topic = topic;
    this.value = value;
    this.ended = ended;
  }

  public static void main(String[] args) throws Exception {
    int rate = Integer.parseInt(args[2]);
    double seconds = Double.parseDouble(args[3]);
    double warmUp = Double.parseDouble(args[4]);
    AtomicBoolean ended = new AtomicBoolean();
    Thread sender = Thread.currentThread();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  ended.set(true);
                  try {
                    sender.join(20_000);
                  } catch (InterruptedException e) {
                    // Then the file is not written, which the benchmark sees.
                  }
                }));
    Map<String, Object> config =
        Map.of("bootstrap.servers", args[0], "acks", "all", "linger.ms", 0);
    Samples samples = new Samples();
    long start;
    PacedProducer paced;
    try (var producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      paced = new PacedProducer(producer, args[1], new byte[Integer.parseInt(args[5])], ended);
      producer.send(paced.record()).get();
      paced.send(WARMER * rate, warmUp, new Samples());
      System.out.println("WARM");
      start = System.nanoTime();
      paced.send(rate, seconds, samples);
    }
    if (paced.failure != null) {
      throw paced.failure;
    }
    Files.writeString(Path.of(args[6]), samples.lines);
    System.out.printf(
        Locale.ROOT,
        "PACED rps=%.1f %s%n",
        samples.latencies.count() / ((System.nanoTime() - start) / 1e9),
        samples.latencies.line("ack"));
  }

  private ProducerRecord<byte[], byte[]> record() {
    return new ProducerRecord<>(topic, 0, null, value);
  }

  private void send(int rate, double seconds, Samples samples) {
    long periodNs = 1_000_000_000L / rate;
    long total = (long) (seconds * rate);
    long start = System.nanoTime();
    for (long i = 0; i < total && !ended.get(); i++) {
      long due = start + i * periodNs;
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      producer.send(
          record(),
          (metadata, e) -> {
            if (e != null) {
              failure = e;
            } else {
              samples.add(due, System.nanoTime() - due);
            }
          });
    }
  }
}
