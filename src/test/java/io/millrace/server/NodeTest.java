package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.config.Settings;
import io.millrace.log.SystemFileIo;
import io.millrace.metadata.ConfigResource;
import io.millrace.model.VoterId;
import io.millrace.quorum.DirectoryIdFile;
import io.millrace.quorum.Formation;
import io.millrace.quorum.FormationFile;
import io.millrace.quorum.QuorumConfig;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class NodeTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @RegisterExtension final LoopsNeverBlock loops = new LoopsNeverBlock();
  @TempDir Path directory;
  private final List<KafkaConsumer<byte[], byte[]>> consumers = new ArrayList<>();
  private Node node;

  @BeforeEach
  void startNode() throws Exception {
    node = start();
  }

  @AfterEach
  void stopNode() throws Exception {
    // Without a wait: the answer to a fetch that is parked for long is not worth it.
    consumers.forEach(c -> c.close(CloseOptions.timeout(Duration.ZERO)));
    await(node.stop());
  }

  private Node start() throws Exception {
    return await(Node.start(settings(directory)));
  }

  private static Settings settings(Path directory) {
    return Settings.of(
        Map.of(
            "listeners", "PLAINTEXT://127.0.0.1:0",
            "http.port", "-1",
            "log.dirs", directory.toString()));
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private String bootstrap() {
    return "127.0.0.1:" + node.listeners().get(0).port();
  }

  private void create(String topic, int partitions) throws Exception {
    create(new NewTopic(topic, partitions, (short) 1));
  }

  private void create(NewTopic topic) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap()))) {
      admin.createTopics(List.of(topic)).all().get(60, TimeUnit.SECONDS);
    }
  }

  private KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
    Map<String, Object> config = new java.util.HashMap<>(more);
    config.put("bootstrap.servers", bootstrap());
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> more) {
    Map<String, Object> config = new java.util.HashMap<>(more);
    config.put("bootstrap.servers", bootstrap());
    config.put("auto.offset.reset", "earliest");
    config.put("enable.auto.commit", "false");
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumers.add(consumer);
    return consumer;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<ConsumerRecord<byte[], byte[]>> poll(
      KafkaConsumer<byte[], byte[]> consumer, int count) {
    List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (all.size() < count && System.nanoTime() < end) {
      consumer.poll(Duration.ofMillis(200)).forEach(all::add);
    }
    return all;
  }

  @Test
  void shouldWriteDownTheMinimumOfANewCluster() {
    assertThat(node.image().configs(ConfigResource.brokerDefault()))
        .containsEntry("min.insync.replicas", "1");
  }

  @Test
  void shouldWakeAParkedFetchWhenItsBytesArrive() throws Exception {
    create("t", 1);
    var consumer = consumer(Map.of("fetch.max.wait.ms", 50_000));
    try (var producer = producer(Map.of())) {
      consumer.assign(List.of(new TopicPartition("t", 0)));
      // Once it is sent, a fetch is parked at the broker for as long as the test would wait.
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (!figure("millrace_fetches_parked").equals("1.0") && System.nanoTime() < end) {
        assertThat(consumer.poll(Duration.ofMillis(100))).isEmpty();
      }
      awaitFigure("millrace_fetches_parked", "1.0");

      long start = System.nanoTime();
      producer.send(new ProducerRecord<>("t", bytes("news"))).get(60, TimeUnit.SECONDS);

      assertThat(poll(consumer, 1)).hasSize(1);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(40));
    }
  }

  @Test
  void shouldWaitForMinBytesOverSeveralAppends() throws Exception {
    create("t", 1);
    var consumer = consumer(Map.of("fetch.max.wait.ms", 50_000, "fetch.min.bytes", 2_000));
    try (var producer = producer(Map.of())) {
      consumer.assign(List.of(new TopicPartition("t", 0)));
      assertThat(consumer.poll(Duration.ofMillis(500))).isEmpty();
      for (int i = 0; i < 3; i++) {
        producer.send(new ProducerRecord<>("t", new byte[800])).get(60, TimeUnit.SECONDS);
      }

      assertThat(poll(consumer, 3)).extracting(ConsumerRecord::offset).containsExactly(0L, 1L, 2L);
    }
  }

  @Test
  void shouldGoOnWithAPartitionWhoseBatchDidNotFit() throws Exception {
    create("t", 4);
    try (var producer = producer(Map.of("max.request.size", 1_000_000))) {
      for (int i = 0; i < 40; i++) {
        producer
            .send(new ProducerRecord<>("t", i % 4, null, new byte[90_000]))
            .get(60, TimeUnit.SECONDS);
      }
    }
    // Each answer has room for one batch and a half; nothing is produced any more.
    var consumer =
        consumer(
            Map.of(
                "fetch.max.wait.ms",
                50_000,
                "fetch.max.bytes",
                140_000,
                "max.partition.fetch.bytes",
                100_000));
    List<TopicPartition> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      all.add(new TopicPartition("t", i));
    }
    consumer.assign(all);

    assertThat(poll(consumer, 40)).hasSize(40);
  }

  @Test
  void shouldDemandNoMoreReplicasThanATopicHas() throws Exception {
    create(new NewTopic("t", 1, (short) 1).configs(Map.of("min.insync.replicas", "2")));
    try (var producer =
        producer(
            Map.of("acks", "all", "delivery.timeout.ms", 30_000, "request.timeout.ms", 20_000))) {
      producer.send(new ProducerRecord<>("t", bytes("x"))).get(60, TimeUnit.SECONDS);
    }
    var consumer = consumer(Map.of());
    consumer.assign(List.of(new TopicPartition("t", 0)));

    assertThat(poll(consumer, 1)).hasSize(1);
  }

  @Test
  void shouldFindNewsInAnyOfManyPartitions() throws Exception {
    create("many", 200);
    List<TopicPartition> all = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      all.add(new TopicPartition("many", i));
    }
    var consumer = consumer(Map.of("fetch.max.wait.ms", 50_000));
    try (var producer = producer(Map.of())) {
      consumer.assign(all);
      assertThat(consumer.poll(Duration.ofMillis(500))).isEmpty();
      for (int round = 0; round < 3; round++) {
        for (int partition : new int[] {0, 77, 199}) {
          producer
              .send(new ProducerRecord<>("many", partition, null, bytes("r" + round)))
              .get(60, TimeUnit.SECONDS);
          List<ConsumerRecord<byte[], byte[]>> found = poll(consumer, 1);
          assertThat(found).hasSize(1);
          assertThat(found.get(0).partition()).isEqualTo(partition);
          assertThat(found.get(0).offset()).isEqualTo(round);
        }
      }
    }
  }

  @Test
  void shouldSendRecordsOfEverySizeUnchanged() throws Exception {
    create("sizes", 1);
    int[] sizes = {0, 1, 100, 10_000, 40_000, 200_000, 900_000};
    var consumer = consumer(Map.of());
    try (var producer = producer(Map.of("linger.ms", 0))) {
      for (int size : sizes) {
        byte[] value = new byte[size];
        new java.util.Random(size).nextBytes(value);
        producer.send(new ProducerRecord<>("sizes", value)).get(60, TimeUnit.SECONDS);
      }
      consumer.assign(List.of(new TopicPartition("sizes", 0)));
      List<ConsumerRecord<byte[], byte[]>> found = poll(consumer, sizes.length);
      assertThat(found).hasSize(sizes.length);
      for (int i = 0; i < sizes.length; i++) {
        byte[] value = new byte[sizes[i]];
        new java.util.Random(sizes[i]).nextBytes(value);
        assertThat(found.get(i).value()).isEqualTo(value);
      }
    }
  }

  private void awaitFigure(String name, String value) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!figure(name).equals(value) && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(figure(name)).as(name).isEqualTo(value);
  }

  private String figure(String name) {
    return node.metrics()
        .scrape()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(line.indexOf(' ') + 1))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void shouldFreeTheMemoryOfEveryRequest() throws Exception {
    create("t", 3);
    try (var producer = producer(Map.of("linger.ms", 0, "max.request.size", 3_000_000))) {
      for (int i = 0; i < 30; i++) {
        // Some lie within one read, others are collected.
        producer
            .send(new ProducerRecord<>("t", i % 3, null, new byte[1 + i * 33_000]))
            .get(60, TimeUnit.SECONDS);
      }
    }
    // The last answer may be out before its request is let go of.
    awaitFigure("millrace_request_memory_bytes", "0.0");
  }

  @Test
  void shouldKeepTheOrderOfOverlappingRequests() throws Exception {
    create("order", 3);
    int count = 3_000;
    try (var producer =
        producer(
            Map.of(
                "max.in.flight.requests.per.connection", 5,
                "batch.size", 200,
                "linger.ms", 0))) {
      var consumer = consumer(Map.of());
      List<java.util.concurrent.Future<RecordMetadata>> sent = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        sent.add(producer.send(new ProducerRecord<>("order", i % 3, null, bytes("" + i))));
      }
      for (int i = 0; i < count; i++) {
        assertThat(sent.get(i).get(60, TimeUnit.SECONDS).offset()).isEqualTo(i / 3);
      }
      consumer.assign(
          List.of(
              new TopicPartition("order", 0),
              new TopicPartition("order", 1),
              new TopicPartition("order", 2)));
      for (ConsumerRecord<byte[], byte[]> found : poll(consumer, count)) {
        assertThat(new String(found.value(), StandardCharsets.UTF_8))
            .isEqualTo("" + (found.offset() * 3 + found.partition()));
      }
    }
  }

  @Test
  void shouldBeTheSameNodeAfterARestart() throws Exception {
    create("kept", 1);
    int id = node.nodeId();
    try (var producer = producer(Map.of())) {
      producer.send(new ProducerRecord<>("kept", bytes("before"))).get(60, TimeUnit.SECONDS);
    }

    await(node.stop());
    node = start();

    assertThat(node.nodeId()).isEqualTo(id);
    var consumer = consumer(Map.of());
    try (var producer = producer(Map.of())) {
      RecordMetadata after =
          producer.send(new ProducerRecord<>("kept", bytes("after"))).get(60, TimeUnit.SECONDS);
      assertThat(after.offset()).isEqualTo(1);
      consumer.assign(List.of(new TopicPartition("kept", 0)));
      assertThat(poll(consumer, 2))
          .extracting(r -> new String(r.value(), StandardCharsets.UTF_8))
          .containsExactly("before", "after");
    }
  }

  @Test
  void shouldSayWhichAddressIsTaken(@TempDir Path another) {
    Settings taken =
        Settings.of(
            Map.of(
                "listeners",
                "PLAINTEXT://" + bootstrap(),
                "http.port",
                "-1",
                "log.dirs",
                another.toString()));
    assertThatThrownBy(() -> await(Node.start(taken)))
        .hasMessageContaining("Cannot listen on PLAINTEXT://" + bootstrap() + " (listeners)");
  }

  @Test
  void shouldStopWhileItStarts(@TempDir Path another) throws Exception {
    Node hasty = Node.of(settings(another));
    Future<Void> starting = hasty.start();

    await(hasty.stop());

    assertThatThrownBy(() -> await(starting)).hasMessageContaining("stopped while starting");
    // Everything is closed, the directory's lock among it.
    await(await(Node.start(settings(another))).stop());
  }

  @Test
  void shouldStopWhileItWaitsForAController(@TempDir Path another) throws Exception {
    Path metadata = QuorumConfig.directoryIn(another);
    VoterId self = new VoterId(1, DirectoryIdFile.readOrCreate(SystemFileIo.INSTANCE, metadata));
    VoterId gone = new VoterId(2, new UUID(0, 2));
    FormationFile.write(
        SystemFileIo.INSTANCE, metadata, new Formation("cluster", Set.of(self, gone), true));
    Node lonely =
        Node.of(
            settings(another)
                .withStatic(
                    Map.of(
                        "node.id", "1",
                        "cluster.seeds", "127.0.0.1:1",
                        "cluster.port", "0",
                        "internal.port", "0")));
    Future<Void> starting = lonely.start();
    GroupsOnANode.until(
        "no wait for a controller", () -> lonely.phase().equals("waiting for a controller"));

    await(lonely.stop());

    assertThatThrownBy(() -> await(starting)).hasMessageContaining("stopped while starting");
  }

  @Test
  void shouldNotBeginWithEmptyMetadataWhenTheDirectoryWithItsOwnIsAway(@TempDir Path disks)
      throws Exception {
    Path first = disks.resolve("first");
    Settings two =
        settings(directory).withStatic(Map.of("log.dirs", first + "," + disks.resolve("second")));
    await(await(Node.start(two)).stop());
    Files.move(first, disks.resolve("away"));
    Files.createFile(first);

    assertThatThrownBy(() -> await(Node.start(two)))
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("there is no metadata log in " + disks.resolve("second"));
  }

  @Test
  void shouldCreateATopicAnewUnderTheNameOfADeletedOne() throws Exception {
    create("again", 2);
    try (var producer = producer(Map.of());
        Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap()))) {
      producer.send(new ProducerRecord<>("again", 0, null, bytes("old"))).get(60, TimeUnit.SECONDS);
      admin.deleteTopics(List.of("again")).all().get(60, TimeUnit.SECONDS);
    }
    create("again", 2);
    try (var producer = producer(Map.of())) {
      RecordMetadata first =
          producer
              .send(new ProducerRecord<>("again", 0, null, bytes("new")))
              .get(60, TimeUnit.SECONDS);
      assertThat(first.offset()).isZero();
    }
  }
}
