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
 * record was due, so that a stall is not hidden by sending less.
 *
 * <p>Usage: PacedProducer BOOTSTRAP TOPIC RATE SECONDS WARMUP_SECONDS SIZE FILE. Prints {@code PACED
 * rps=… ack_p50=… …} and writes a line for each record to the file: when it was due and its latency,
 * both in ns, the first of System.nanoTime. It prints {@code WARM} when the records begin to count, and a SIGTERM ends it
 * early, with all that it has.
 */
public final class PacedProducer {
  private PacedProducer() {}

  public static void main(String[] args) throws Exception {
    String topic = args[1];
    long periodNs = 1_000_000_000L / Integer.parseInt(args[2]);
    long warmUp = (long) (Double.parseDouble(args[4]) * 1e9) / periodNs;
    long total = warmUp + (long) (Double.parseDouble(args[3]) * 1e9) / periodNs;
    byte[] value = new byte[Integer.parseInt(args[5])];
    Percentiles latencies = new Percentiles();
    var samples = new StringBuilder(1 << 20);
    Exception[] failure = new Exception[1];
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
    long start;
    try (var producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(topic, 0, null, value)).get();
      start = System.nanoTime();
      for (long i = 0; i < total && !ended.get(); i++) {
        if (i == warmUp) {
          System.out.println("WARM");
        }
        long due = start + i * periodNs;
        while (System.nanoTime() < due) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
        boolean counts = i >= warmUp;
        // All callbacks run on the producer's one sender thread.
        producer.send(
            new ProducerRecord<>(topic, 0, null, value),
            (metadata, e) -> {
              if (e != null) {
                failure[0] = e;
              } else if (counts) {
                long latency = System.nanoTime() - due;
                latencies.add(latency);
                samples.append(due).append(' ').append(latency).append('\n');
              }
            });
      }
    }
    if (failure[0] != null) {
      throw failure[0];
    }
    Files.writeString(Path.of(args[6]), samples);
    System.out.printf(
        Locale.ROOT,
        "PACED rps=%.1f %s%n",
        total / ((System.nanoTime() - start) / 1e9),
        latencies.line("ack"));
  }
}
