import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Readers, each reading all partitions of a topic until it has a number of records: without a group,
 * or, when a protocol is named, each alone in one of its own, with KafkaConsumer's automatic commits.
 *
 * <p>Usage: BulkConsume BOOTSTRAP TOPIC READERS RECORDS earliest|latest [classic|consumer]. Prints
 * {@code READY} when all know where they stand and {@code CONSUME records=… bytes=… seconds=…} at the
 * end; the seconds are those of the slowest reader, from its first record.
 */
public final class BulkConsume {
  private BulkConsume() {}

  public static void main(String[] args) throws Exception {
    int readers = Integer.parseInt(args[2]);
    CountDownLatch ready = new CountDownLatch(readers);
    List<Reader> all = new ArrayList<>();
    for (int i = 0; i < readers; i++) {
      Reader reader =
          new Reader(
              args[0],
              args[1],
              Long.parseLong(args[3]),
              args[4],
              args.length > 5 ? args[5] : null,
              ready);
      all.add(reader);
      reader.start();
    }
    ready.await();
    System.out.println("READY");
    long records = 0;
    long bytes = 0;
    double seconds = 0;
    for (Reader reader : all) {
      reader.join();
      if (reader.failure != null) {
        throw reader.failure;
      }
      records += reader.records;
      bytes += reader.bytes;
      seconds = Math.max(seconds, (reader.end - reader.first) / 1e9);
    }
    System.out.printf(
        Locale.ROOT, "CONSUME records=%d bytes=%d seconds=%.4f%n", records, bytes, seconds);
  }

  private static final class Reader extends Thread {
    private static final long GIVE_UP_NS = 60_000_000_000L;

    private final String bootstrap;
    private final String topic;
    private final long wanted;
    private final String from;
    private final String protocol;
    private final CountDownLatch ready;
    private long records;
    private long bytes;
    private long first;
    private long end;
    private Exception failure;

    Reader(
        String bootstrap,
        String topic,
        long wanted,
        String from,
        String protocol,
        CountDownLatch ready) {
      this.bootstrap = bootstrap;
      this.topic = topic;
      this.wanted = wanted;
      this.from = from;
      this.protocol = protocol;
      this.ready = ready;
    }

    @Override
    public void run() {
      Map<String, Object> config =
          new HashMap<>(Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", from));
      if (protocol == null) {
        config.put("enable.auto.commit", false);
      } else {
        config.put("group.id", UUID.randomUUID().toString());
        config.put("group.protocol", protocol);
      }
      try (var consumer =
          new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
        long progress = System.nanoTime();
        if (protocol == null) {
          consumer.assign(
              consumer.partitionsFor(topic).stream()
                  .map(info -> new TopicPartition(topic, info.partition()))
                  .toList());
        } else {
          consumer.subscribe(List.of(topic));
          while (consumer.assignment().isEmpty()) {
            if (!consumer.poll(Duration.ofMillis(10)).isEmpty()) {
              throw new IllegalStateException("records before anybody is ready");
            }
            if (System.nanoTime() - progress > GIVE_UP_NS) {
              throw new IllegalStateException("no partitions");
            }
          }
        }
        consumer.assignment().forEach(consumer::position);
        ready.countDown();
        while (records < wanted) {
          ConsumerRecords<byte[], byte[]> got = consumer.poll(Duration.ofSeconds(1));
          long now = System.nanoTime();
          if (got.isEmpty()) {
            if (now - progress > GIVE_UP_NS) {
              throw new IllegalStateException("only " + records + " records of " + wanted);
            }
            continue;
          }
          progress = now;
          if (records == 0) {
            first = now;
          }
          for (ConsumerRecord<byte[], byte[]> record : got) {
            bytes += record.serializedValueSize();
          }
          records += got.count();
        }
        end = System.nanoTime();
      } catch (Exception e) {
        failure = e;
        ready.countDown();
      }
    }
  }
}
