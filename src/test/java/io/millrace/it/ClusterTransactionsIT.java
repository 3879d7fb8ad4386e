package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Exactly once from topic to topic while nodes are killed: each record is copied to all partitions
 * of another topic in a transaction that also moves the offset of the group that reads it.
 */
@Timeout(240)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterTransactionsIT {
  private static final String IN = "in";
  private static final String OUT = "out";
  private static final String GROUP = "copies";
  private static final TopicPartition FROM = new TopicPartition(IN, 0);
  private static final int PARTITIONS = 3;

  /** There is something to copy around each kill, however fast the copier is. */
  private static final int NUMBERS_EACH = 500;

  private static final int NUMBERS = 3 * NUMBERS_EACH;

  private TestCluster cluster;
  private Clients clients;

  @BeforeAll
  void start(@TempDir Path dir) throws Exception {
    Map<String, String> settings = new HashMap<>(ConsumerGroupsIT.PROMPT);
    settings.put("offsets.topic.num.partitions", "1");
    settings.put("transaction.state.log.num.partitions", "1");
    cluster = TestCluster.onLoopback(dir, 3, settings).startAll();
    clients = new Clients(cluster);
  }

  @AfterAll
  void stop() {
    clients.close();
    cluster.close();
  }

  /** Copies until it is told to end; goes on with a new producer when one is of no use any more. */
  private final class Copier implements Runnable {
    private final AtomicInteger copied = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    @Override
    public void run() {
      try {
        while (copied.get() < NUMBERS) {
          try (KafkaProducer<byte[], byte[]> producer =
                  clients.producer(
                      Map.of("transactional.id", "copier", "transaction.timeout.ms", 20_000));
              KafkaConsumer<byte[], byte[]> consumer =
                  clients.consumer(
                      Map.of(
                          "group.id",
                          GROUP,
                          "isolation.level",
                          "read_committed",
                          "max.poll.records",
                          10,
                          "auto.offset.reset",
                          "earliest"))) {
            producer.initTransactions();
            consumer.assign(List.of(FROM));
            copy(consumer, producer);
          } catch (KafkaException e) {
            // The next one begins where the last transaction was committed.
          }
        }
      } catch (Throwable e) {
        failure.set(e);
      }
    }

    private void copy(
        KafkaConsumer<byte[], byte[]> consumer, KafkaProducer<byte[], byte[]> producer) {
      while (copied.get() < NUMBERS) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(200));
        if (records.isEmpty()) {
          continue;
        }
        long next = 0;
        producer.beginTransaction();
        for (ConsumerRecord<byte[], byte[]> record : records) {
          for (int partition = 0; partition < PARTITIONS; partition++) {
            var unused = producer.send(new ProducerRecord<>(OUT, partition, null, record.value()));
          }
          next = record.offset() + 1;
        }
        producer.sendOffsetsToTransaction(
            Map.of(FROM, new OffsetAndMetadata(next)), consumer.groupMetadata());
        producer.commitTransaction();
        copied.set(Math.toIntExact(next));
      }
    }
  }

  private List<ConsumerRecord<byte[], byte[]>> committed() {
    return clients.consumeAll(OUT, Map.of("isolation.level", "read_committed"));
  }

  @Test
  void shouldCopyEachRecordOnceWhileNodesAreKilled() throws Exception {
    Map<String, String> safe = Map.of("min.insync.replicas", "2");
    clients.createTopic(IN, 1, 3, safe);
    clients.createTopic(OUT, PARTITIONS, 3, safe);
    Copier copier = new Copier();
    Thread thread = new Thread(copier, "copier");
    thread.start();

    for (int node = 1; node <= 3; node++) {
      int before = (node - 1) * NUMBERS_EACH;
      int end = node * NUMBERS_EACH;
      Numbers.produce(clients, IN, 1, before, end);
      Await.until("it copies", Clients.PATIENCE, () -> copier.copied.get() > before + 50);
      cluster.node(node).kill();
      Await.until(
          "it copies to the end without node " + node,
          Duration.ofMinutes(1),
          () -> copier.copied.get() >= end);
      cluster.node(node).startAndAwaitReady();
    }
    thread.join(Duration.ofMinutes(2).toMillis());

    assertThat(copier.failure.get()).isNull();
    assertThat(copier.copied.get()).isEqualTo(NUMBERS);
    // A commit is answered when it is decided; the partitions hear of it a moment later.
    Await.until(
        "the last transaction is committed everywhere",
        Clients.PATIENCE,
        () -> committed().size() >= NUMBERS * PARTITIONS);
    List<ConsumerRecord<byte[], byte[]>> read = committed();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      int of = partition;
      List<Integer> numbers = new ArrayList<>();
      read.stream()
          .filter(record -> record.partition() == of)
          .forEach(record -> numbers.add(Integer.parseInt(JavaClientIT.text(record.value()))));
      assertThat(numbers)
          .as("of partition " + partition)
          .containsExactlyElementsOf(IntStream.range(0, NUMBERS).boxed().toList());
    }
  }
}
