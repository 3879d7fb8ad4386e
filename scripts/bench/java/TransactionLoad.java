import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * One producer: either transactions of a few records one after the other, or as many records as it
 * can send, in transactions of a fixed time or in none.
 *
 * <p>Usage: TransactionLoad BOOTSTRAP TOPIC PARTITIONS SIZE small TRANSACTIONS WARMUP RECORDS, which
 * prints {@code SMALL tps=… commit_p50=… …}, a commit being the call of commitTransaction; or … SIZE
 * bulk RECORDS COMMIT_MS, with 0 for idempotent without transactions, which prints {@code BULK
 * records_s=…}.
 */
public final class TransactionLoad {
  private TransactionLoad() {}

  public static void main(String[] args) throws Exception {
    boolean bulk = args[4].equals("bulk");
    boolean transactional = !bulk || Integer.parseInt(args[6]) > 0;
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", args[0]);
    config.put("acks", "all");
    config.put("enable.idempotence", true);
    if (transactional) {
      config.put("transactional.id", args[1] + "-" + System.nanoTime());
    }
    try (var producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      if (transactional) {
        producer.initTransactions();
      }
      if (bulk) {
        bulk(producer, args, Integer.parseInt(args[6]));
      } else {
        small(producer, args);
      }
    }
  }

  private static void small(KafkaProducer<byte[], byte[]> producer, String[] args) {
    int partitions = Integer.parseInt(args[2]);
    byte[] value = new byte[Integer.parseInt(args[3])];
    int counted = Integer.parseInt(args[5]);
    int warmUp = Integer.parseInt(args[6]);
    int records = Integer.parseInt(args[7]);
    Percentiles commits = new Percentiles();
    long start = System.nanoTime();
    for (int i = -warmUp; i < counted; i++) {
      if (i == 0) {
        start = System.nanoTime();
      }
      producer.beginTransaction();
      for (int r = 0; r < records; r++) {
        producer.send(new ProducerRecord<>(args[1], r % partitions, null, value));
      }
      long asked = System.nanoTime();
      producer.commitTransaction();
      if (i >= 0) {
        commits.add(System.nanoTime() - asked);
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(Locale.ROOT, "SMALL tps=%.2f %s%n", counted / seconds, commits.line("commit"));
  }

  private static void bulk(KafkaProducer<byte[], byte[]> producer, String[] args, int commitMs)
      throws Exception {
    int partitions = Integer.parseInt(args[2]);
    byte[] value = new byte[Integer.parseInt(args[3])];
    int records = Integer.parseInt(args[5]);
    Exception[] failure = new Exception[1];
    long start = System.nanoTime();
    long begun = start;
    if (commitMs > 0) {
      producer.beginTransaction();
    }
    for (int i = 0; i < records; i++) {
      // All callbacks run on the producer's one sender thread.
      producer.send(
          new ProducerRecord<>(args[1], i % partitions, null, value),
          (metadata, e) -> failure[0] = e == null ? failure[0] : e);
      if (commitMs > 0 && System.nanoTime() - begun >= commitMs * 1_000_000L) {
        producer.commitTransaction();
        producer.beginTransaction();
        begun = System.nanoTime();
      }
    }
    if (commitMs > 0) {
      producer.commitTransaction();
    }
    producer.flush();
    if (failure[0] != null) {
      throw failure[0];
    }
    System.out.printf(
        Locale.ROOT, "BULK records_s=%.1f%n", records / ((System.nanoTime() - start) / 1e9));
  }
}
