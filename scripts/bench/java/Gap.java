import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A default producer with acks=all sends one small record every 5 ms, whatever became of those before: for how long was
 * nothing acknowledged at most?
 *
 * <p>Usage: Gap BOOTSTRAP TOPIC SECONDS. Prints {@code GAP longest_ms=… acknowledged=… failed=…}.
 */
public final class Gap {
  private Gap() {}

  public static void main(String[] args) throws Exception {
    String topic = args[1];
    long seconds = Long.parseLong(args[2]);
    AtomicLong last = new AtomicLong();
    AtomicLong longest = new AtomicLong();
    AtomicLong acknowledged = new AtomicLong();
    AtomicLong failed = new AtomicLong();
    try (var producer =
        new KafkaProducer<>(
            Map.<String, Object>of(
                "bootstrap.servers", args[0], "linger.ms", 0, "request.timeout.ms", 1_500, "delivery.timeout.ms", 120_000),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(topic, 0, null, new byte[10])).get();
      last.set(System.nanoTime());
      System.out.println("READY");
      long end = System.nanoTime() + seconds * 1_000_000_000L;
      while (System.nanoTime() < end) {
        producer.send(
            new ProducerRecord<>(topic, 0, null, new byte[10]),
            (metadata, failure) -> {
              if (failure != null) {
                failed.incrementAndGet();
                return;
              }
              long now = System.nanoTime();
              longest.accumulateAndGet(now - last.getAndSet(now), Math::max);
              acknowledged.incrementAndGet();
            });
        Thread.sleep(5);
      }
    }
    longest.accumulateAndGet(System.nanoTime() - last.get(), Math::max);
    System.out.printf(
        "GAP longest_ms=%d acknowledged=%d failed=%d%n", longest.get() / 1_000_000, acknowledged.get(), failed.get());
  }
}
