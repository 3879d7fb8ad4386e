import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * One record in flight (linger.ms=0): send, wait for the acknowledgement and, unless told otherwise,
 * until a consumer that waits in a fetch has it.
 *
 * <p>Usage: OneAtATime BOOTSTRAP TOPIC RECORDS WARMUP SIZE ACKS e2e|ack. Prints {@code ONE ack_p50=…
 * e2e_p50=… …}.
 */
public final class OneAtATime {
  private OneAtATime() {}

  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    String topic = args[1];
    int records = Integer.parseInt(args[2]);
    int warmUp = Integer.parseInt(args[3]);
    byte[] value = new byte[Integer.parseInt(args[4])];
    boolean endToEnd = args[6].equals("e2e");
    Map<String, Object> producing =
        Map.of(
            "bootstrap.servers", bootstrap, "acks", args[5], "linger.ms", 0,
            "enable.idempotence", args[5].equals("all"));
    Map<String, Object> consuming =
        Map.of("bootstrap.servers", bootstrap, "enable.auto.commit", false);
    Percentiles acks = new Percentiles();
    Percentiles ends = new Percentiles();
    try (var producer =
            new KafkaProducer<>(producing, new ByteArraySerializer(), new ByteArraySerializer());
        var consumer =
            new KafkaConsumer<>(
                consuming, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      if (endToEnd) {
        var partition = new TopicPartition(topic, 0);
        consumer.assign(List.of(partition));
        consumer.seekToEnd(List.of(partition));
        consumer.position(partition);
      }
      for (int i = -warmUp; i < records; i++) {
        value[i & 31]++;
        long sent = System.nanoTime();
        producer.send(new ProducerRecord<>(topic, 0, null, value)).get();
        long acked = System.nanoTime();
        if (i >= 0) {
          acks.add(acked - sent);
        }
        if (endToEnd) {
          ConsumerRecords<byte[], byte[]> got;
          do {
            got = consumer.poll(Duration.ofSeconds(20));
          } while (got.isEmpty() && System.nanoTime() - sent < 60_000_000_000L);
          long arrived = System.nanoTime();
          if (got.count() != 1 || !Arrays.equals(got.iterator().next().value(), value)) {
            throw new IllegalStateException("the one record sent is not what came: " + got.count());
          }
          if (i >= 0) {
            ends.add(arrived - sent);
          }
        }
      }
    }
    System.out.println(
        "ONE " + acks.line("ack") + (endToEnd ? " " + ends.line("e2e") : ""));
  }
}
