import java.util.ArrayList;
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
 * rps=… records=… ack_p50=… …}.
 */
public final class SyncProducers {
  private SyncProducers() {}

  public static void main(String[] args) throws Exception {
    long measuredNs = (long) (Double.parseDouble(args[3]) * 1e9);
    long warmUpNs = (long) (Double.parseDouble(args[4]) * 1e9);
    long from = System.nanoTime() + warmUpNs;
    List<Sender> senders = new ArrayList<>();
    for (int i = 0; i < Integer.parseInt(args[2]); i++) {
      Sender sender =
          new Sender(args[0], args[1], Integer.parseInt(args[5]), from, from + measuredNs);
      senders.add(sender);
      sender.start();
    }
    Percentiles latencies = new Percentiles();
    for (Sender sender : senders) {
      sender.join();
      if (sender.failure != null) {
        throw sender.failure;
      }
      latencies.addAll(sender.latencies);
    }
    System.out.printf(
        Locale.ROOT,
        "SYNC rps=%.1f records=%d %s%n",
        latencies.count() / (measuredNs / 1e9),
        latencies.count(),
        latencies.line("ack"));
  }

  private static final class Sender extends Thread {
    private final String bootstrap;
    private final String topic;
    private final byte[] value;
    private final long from;
    private final long until;
    private final Percentiles latencies = new Percentiles();
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
            latencies.add(acked - sent);
          }
          sent = acked;
        }
      } catch (Exception e) {
        failure = e;
      }
    }
  }
}
