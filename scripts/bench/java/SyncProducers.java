import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Several producers, each with one record in flight, all on partition 0 and with acks=all.
 *
 * <p>Usage: SyncProducers BOOTSTRAP TOPIC PRODUCERS SECONDS WARMUP_SECONDS SIZE. Prints {@code SYNC
 * rps=… ack_p50=… ack_p99=… ack_max=… records=…}; latencies in microseconds.
 */
public final class SyncProducers {
  private SyncProducers() {}

  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    String topic = args[1];
    int producers = Integer.parseInt(args[2]);
    long measuredNs = (long) (Double.parseDouble(args[3]) * 1e9);
    long warmUpNs = (long) (Double.parseDouble(args[4]) * 1e9);
    int size = Integer.parseInt(args[5]);
    long from = System.nanoTime() + warmUpNs;
    long until = from + measuredNs;
    List<Sender> senders = new ArrayList<>();
    for (int i = 0; i < producers; i++) {
      Sender sender = new Sender(bootstrap, topic, size, from, until);
      senders.add(sender);
      sender.start();
    }
    long[] latencies = new long[0];
    for (Sender sender : senders) {
      sender.join();
      if (sender.failure != null) {
        throw sender.failure;
      }
      int at = latencies.length;
      latencies = Arrays.copyOf(latencies, at + sender.count);
      System.arraycopy(sender.latencies, 0, latencies, at, sender.count);
    }
    Arrays.sort(latencies);
    System.out.printf(
        Locale.ROOT,
        "SYNC rps=%.1f ack_p50=%.1f ack_p99=%.1f ack_max=%.1f records=%d%n",
        latencies.length / (measuredNs / 1e9),
        at(latencies, 0.5),
        at(latencies, 0.99),
        at(latencies, 1),
        latencies.length);
  }

  private static double at(long[] sorted, double quantile) {
    return sorted[Math.min(sorted.length - 1, (int) (sorted.length * quantile))] / 1e3;
  }

  private static final class Sender extends Thread {
    private final String bootstrap;
    private final String topic;
    private final byte[] value;
    private final long from;
    private final long until;
    private long[] latencies = new long[1 << 14];
    private int count;
    private Exception failure;

    Sender(String bootstrap, String topic, int size, long from, long until) {
      this.bootstrap = bootstrap;
      this.topic = topic;
      this.value = new byte[size];
      this.from = from;
      this.until = until;
    }

    @Override
    public void run() {
      Map<String, Object> config =
          Map.of("bootstrap.servers", bootstrap, "acks", "all", "linger.ms", 0);
      try (var producer =
          new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
        for (long sent = System.nanoTime(); sent < until; ) {
          producer.send(new ProducerRecord<>(topic, 0, null, value)).get();
          long acked = System.nanoTime();
          if (sent >= from && acked <= until) {
            if (count == latencies.length) {
              latencies = Arrays.copyOf(latencies, count * 2);
            }
            latencies[count++] = acked - sent;
          }
          sent = acked;
        }
      } catch (Exception e) {
        failure = e;
      }
    }
  }
}
