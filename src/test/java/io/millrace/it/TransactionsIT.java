package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Transactions of the Java clients, against one node. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class TransactionsIT {
  private static final int PARTITIONS = 3;
  private static final Path JS = Path.of("src/test/js").toAbsolutePath();
  private static final Path PYTHON = Path.of("src/test/python").toAbsolutePath();

  @TempDir static Path dir;
  private BrokerProcess broker;
  private Clients clients;
  private String topic;
  private String transactionalId;

  @BeforeAll
  void start() throws Exception {
    broker = BrokerProcess.start(dir);
    clients = new Clients(broker);
  }

  @AfterAll
  void stop() {
    clients.close();
    broker.close();
  }

  @BeforeEach
  void create(TestInfo test) throws Exception {
    String name = test.getTestMethod().orElseThrow().getName();
    topic = name.toLowerCase(Locale.ROOT);
    transactionalId = "of-" + name;
    clients.createTopic(topic, PARTITIONS);
  }

  @AfterEach
  void delete() throws Exception {
    clients.admin().deleteTopics(List.of(topic)).all().get();
  }

  private KafkaProducer<byte[], byte[]> producer() {
    return clients.producer(Map.of("transactional.id", transactionalId));
  }

  private void send(KafkaProducer<byte[], byte[]> producer, String value) {
    for (int partition = 0; partition < PARTITIONS; partition++) {
      var unused =
          producer.send(
              new ProducerRecord<>(topic, partition, null, bytes(value + "-" + partition)));
    }
  }

  private List<String> read(String isolation) {
    List<String> values = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        clients.consumer(Map.of("isolation.level", isolation))) {
      List<TopicPartition> all = new ArrayList<>();
      for (int i = 0; i < PARTITIONS; i++) {
        all.add(new TopicPartition(topic, i));
      }
      consumer.assign(all);
      consumer.seekToBeginning(all);
      Map<TopicPartition, Long> ends = consumer.endOffsets(all);
      while (all.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          values.add(new String(record.value(), StandardCharsets.UTF_8));
        }
      }
    }
    values.sort(null);
    return values;
  }

  @Test
  void shouldShowATransactionOnceItIsCommitted() throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      producer.initTransactions();
      producer.beginTransaction();
      send(producer, "a");
      producer.flush();

      assertThat(read("read_committed")).isEmpty();
      assertThat(read("read_uncommitted")).containsExactly("a-0", "a-1", "a-2");

      producer.commitTransaction();
      Await.until("it is committed", Clients.PATIENCE, () -> read("read_committed").size() == 3);
      assertThat(read("read_committed")).containsExactly("a-0", "a-1", "a-2");
    }
  }

  @Test
  void shouldNeverShowWhatWasAborted() throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      producer.initTransactions();
      for (int i = 0; i < 10; i++) {
        producer.beginTransaction();
        send(producer, (i % 2 == 0 ? "aborted" : "committed") + i);
        if (i % 2 == 0) {
          producer.flush();
          producer.abortTransaction();
        } else {
          producer.commitTransaction();
        }
      }
    }
    Await.until("all is decided", Clients.PATIENCE, () -> read("read_committed").size() == 15);
    assertThat(read("read_committed")).allMatch(value -> value.startsWith("committed"));
    assertThat(read("read_uncommitted")).hasSize(30);
  }

  @Test
  void shouldFenceTheProducerBefore() throws Exception {
    try (KafkaProducer<byte[], byte[]> before = producer();
        KafkaProducer<byte[], byte[]> after = producer()) {
      before.initTransactions();
      before.beginTransaction();
      send(before, "zombie");
      before.flush();

      after.initTransactions();
      assertThatThrownBy(
              () -> before.send(new ProducerRecord<>(topic, 0, null, bytes("late"))).get())
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOfAny(ProducerFencedException.class, InvalidProducerEpochException.class);
      after.beginTransaction();
      send(after, "alive");
      after.commitTransaction();
    }
    Await.until("it is committed", Clients.PATIENCE, () -> read("read_committed").size() == 3);
    assertThat(read("read_committed")).containsExactly("alive-0", "alive-1", "alive-2");
  }

  @Test
  void shouldCommitOffsetsWithTheTransaction() throws Exception {
    TopicPartition partition = new TopicPartition(topic, 0);
    String group = "of-" + topic;
    try (KafkaProducer<byte[], byte[]> producer = producer();
        KafkaConsumer<byte[], byte[]> consumer = clients.consumer(Map.of("group.id", group))) {
      consumer.assign(List.of(partition));
      producer.initTransactions();

      producer.beginTransaction();
      producer.sendOffsetsToTransaction(
          Map.of(partition, new OffsetAndMetadata(5)), consumer.groupMetadata());
      producer.abortTransaction();
      assertThat(consumer.committed(Set.of(partition)).get(partition)).isNull();

      producer.beginTransaction();
      send(producer, "x");
      producer.sendOffsetsToTransaction(
          Map.of(partition, new OffsetAndMetadata(7)), consumer.groupMetadata());
      producer.commitTransaction();
      assertThat(consumer.committed(Set.of(partition)).get(partition).offset()).isEqualTo(7);
    }
  }

  @Test
  void shouldRememberTransactionsAfterKillAndStop() throws Exception {
    Map<String, Integer> expected = new HashMap<>();
    for (int round = 0; round < 3; round++) {
      try (KafkaProducer<byte[], byte[]> producer = producer()) {
        producer.initTransactions();
        for (int i = 0; i < 6; i++) {
          producer.beginTransaction();
          send(producer, (i % 2 == 0 ? "aborted" : "committed") + round + i);
          if (i % 2 == 0) {
            producer.flush();
            producer.abortTransaction();
          } else {
            producer.commitTransaction();
            expected.put("committed" + round + i, 1);
          }
        }
        producer.beginTransaction();
        send(producer, "open" + round);
        producer.flush();
        if (round == 1) {
          broker.stop();
        } else {
          broker.kill();
        }
        broker.startAndAwaitReady();
      }
      List<String> wanted = new ArrayList<>();
      for (String each : expected.keySet()) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
          wanted.add(each + "-" + partition);
        }
      }
      wanted.sort(null);
      try (KafkaProducer<byte[], byte[]> next = producer()) {
        next.initTransactions();
      }
      Await.until(
          "all is decided", Clients.PATIENCE, () -> read("read_committed").size() == wanted.size());
      assertThat(read("read_committed")).isEqualTo(wanted);
    }
  }

  /** A client that commits every other transaction of twenty, with an offset of a group. */
  private void assertCommits(List<String> command) throws Exception {
    String group = "of-" + topic;
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(broker.bootstrap(), topic, "20", group));

    Peer.run("", all).succeeded();

    List<String> expected = new ArrayList<>();
    for (int i = 1; i < 20; i += 2) {
      expected.add("committed " + i);
      expected.add("committed " + i);
    }
    expected.sort(null);
    Await.until("all is decided", Clients.PATIENCE, () -> read("read_committed").size() == 20);
    assertThat(read("read_committed")).isEqualTo(expected);
    assertThat(read("read_uncommitted")).hasSize(40);
    TopicPartition partition = new TopicPartition(topic, 0);
    try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(Map.of("group.id", group))) {
      assertThat(consumer.committed(Set.of(partition)).get(partition).offset()).isEqualTo(20);
    }
  }

  @Test
  void shouldServeKafkajs() throws Exception {
    Peer.require("node");
    Peer.require("kafkajs", JS.resolve("node_modules/kafkajs"));
    assertCommits(List.of("node", JS.resolve("transactions.js").toString()));
  }

  @Test
  void shouldServeLibrdkafka() throws Exception {
    Peer.requirePython("confluent_kafka");
    assertCommits(List.of(Peer.PYTHON, PYTHON.resolve("transactions.py").toString()));
  }

  @Test
  void shouldShowTransactionsToKafkasOwnTool() throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      producer.initTransactions();
      producer.beginTransaction();
      send(producer, "open");
      producer.flush();

      assertThat(transactions("list")).contains(transactionalId, "Ongoing");
      assertThat(transactions("describe", "--transactional-id", transactionalId))
          .contains(topic + "-0", topic + "-1", topic + "-2", "Ongoing");
      assertThat(transactions("describe-producers", "--topic", topic, "--partition", "1"))
          .containsPattern("\\s0\\s*$");
      String aborted =
          transactions("abort", "--topic", topic, "--partition", "1", "--start-offset", "0");
      assertThat(aborted).isBlank();
      Await.until("it is aborted there", Clients.PATIENCE, () -> clients.endOffset(topic, 1) == 2);
    }
  }

  private String transactions(String... args) throws Exception {
    List<String> all = new ArrayList<>(List.of("--bootstrap-server", broker.bootstrap()));
    all.addAll(List.of(args));
    return Tool.run("org.apache.kafka.tools.TransactionsCommand", all.toArray(String[]::new))
        .succeeded()
        .out();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
