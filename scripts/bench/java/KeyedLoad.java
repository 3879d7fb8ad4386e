import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Fills partition 0 with records whose keys are drawn evenly from so many, the same ones in the same
 * order each time, and values half of which are random: such as a codec halves.
 *
 * <p>Usage: KeyedLoad BOOTSTRAP TOPIC RECORDS KEYS SIZE CODEC. Prints {@code KEYED keys=…}: how many
 * keys were drawn.
 */
public final class KeyedLoad {
  private KeyedLoad() {}

  public static void main(String[] args) throws Exception {
    long records = Long.parseLong(args[2]);
    int keys = Integer.parseInt(args[3]);
    byte[] value = new byte[Integer.parseInt(args[4])];
    SplittableRandom random = new SplittableRandom(1);
    boolean[] drawn = new boolean[keys];
    Exception[] failure = new Exception[1];
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers", args[0],
            "acks", "all",
            "linger.ms", 10,
            "batch.size", 65536,
            "compression.type", args[5]);
    try (var producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (long i = 0; i < records; i++) {
        int key = random.nextInt(keys);
        drawn[key] = true;
        byte[] half = new byte[value.length / 2];
        random.nextBytes(half);
        byte[] own = value.clone();
        System.arraycopy(half, 0, own, 0, half.length);
        producer.send(
            new ProducerRecord<>(args[1], 0, ByteBuffer.allocate(16).putInt(key).array(), own),
            (metadata, e) -> {
              if (e != null) {
                failure[0] = e;
              }
            });
      }
    }
    if (failure[0] != null) {
      throw failure[0];
    }
    long distinct = 0;
    for (boolean each : drawn) {
      distinct += each ? 1 : 0;
    }
    System.out.printf(Locale.ROOT, "KEYED keys=%d%n", distinct);
  }
}
