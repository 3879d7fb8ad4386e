package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.connect.mirror.RemoteClusterUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * MirrorMaker 2 between a node and Apache Kafka, in both directions at once: whatever is on one
 * side appears on the other, records as they were.
 */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MirrorMakerIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String TOPIC = "orders";
  private static final String GROUP = "billing";

  /** Of the first record: another time than that of its arrival, and young enough to stay. */
  private static final long WRITTEN_MS = System.currentTimeMillis() - 3_600_000;

  /** From where to where. */
  enum Direction {
    MILL_TO_KAFKA,
    KAFKA_TO_MILL;

    String source() {
      return this == MILL_TO_KAFKA ? "mill" : "kafka";
    }

    String target() {
      return this == MILL_TO_KAFKA ? "kafka" : "mill";
    }

    /** What the topic is called where it is mirrored to. */
    String remoteTopic() {
      return source() + "." + TOPIC;
    }
  }

  private BrokerProcess mill;
  private BrokerProcess kafka;
  private Map<String, Clients> clients = Map.of();
  private ConnectProcess mirrorMaker;

  @BeforeAll
  void start(@TempDir Path dir) throws Exception {
    mill = new MillraceProcess(dir.resolve("mill"), GroupsIT.PROMPT);
    kafka = new KafkaProcess(Files.createDirectory(dir.resolve("kafka")), GroupsIT.PROMPT);
    mill.start();
    kafka.start();
    mill.awaitReady();
    kafka.awaitReady(Duration.ofMinutes(2));
    clients = Map.of("mill", new Clients(mill), "kafka", new Clients(kafka));
    for (Clients of : clients.values()) {
      of.createTopic(TOPIC, 2, Map.of("retention.ms", "123456789", "max.message.bytes", "654321"));
      of.produce(Map.of(), records(0, 200));
      commit(of, 200);
    }
    mirrorMaker = ConnectProcess.mirrorMaker(dir.resolve("mm2"), settings()).start();
  }

  @AfterAll
  void stop() {
    // Null when the start failed; then that is what must be told.
    if (mirrorMaker != null) {
      mirrorMaker.close();
    }
    clients.values().forEach(Clients::close);
    kafka.close();
    mill.close();
  }

  private Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>();
    settings.put("clusters", "mill, kafka");
    settings.put("mill.bootstrap.servers", mill.bootstrap());
    settings.put("kafka.bootstrap.servers", kafka.bootstrap());
    settings.put("mill->kafka.enabled", "true");
    settings.put("kafka->mill.enabled", "true");
    settings.put("topics", TOPIC);
    settings.put("groups", GROUP);
    settings.put("sync.group.offsets.enabled", "true");
    settings.put("offset.lag.max", "0");
    // The other ways look through the whole class path, once for each direction.
    settings.put("mill.plugin.discovery", "service_load");
    settings.put("kafka.plugin.discovery", "service_load");
    for (String topic :
        List.of(
            "",
            "checkpoints.topic.",
            "heartbeats.topic.",
            "offset-syncs.topic.",
            "offset.storage.",
            "status.storage.",
            "config.storage.")) {
      settings.put(topic + "replication.factor", "1");
    }
    for (String task :
        List.of(
            "emit.checkpoints",
            "emit.heartbeats",
            "refresh.topics",
            "refresh.groups",
            "sync.topic.configs",
            "sync.topic.acls",
            "sync.group.offsets")) {
      settings.put(task + ".interval.seconds", "1");
    }
    settings.put("offset.flush.interval.ms", "500");
    settings.put("scheduled.rebalance.max.delay.ms", "0");
    return settings;
  }

  @ParameterizedTest
  @EnumSource
  void shouldMirrorRecordsAsTheyWere(Direction direction) throws Exception {
    Clients source = clients.get(direction.source());
    Clients target = clients.get(direction.target());
    source.produce(Map.of("compression.type", "zstd"), records(200, 400));
    awaitEnds(target, direction.remoteTopic(), 400);

    assertThat(seen(target, direction.remoteTopic())).isEqualTo(seen(source, TOPIC));
  }

  @Tag("long")
  @ParameterizedTest
  @EnumSource
  void shouldFollowConfigsAndPartitions(Direction direction) throws Exception {
    Clients source = clients.get(direction.source());
    Clients target = clients.get(direction.target());
    awaitConfig(target, direction.remoteTopic(), "retention.ms", "123456789");
    awaitConfig(target, direction.remoteTopic(), "max.message.bytes", "654321");

    source.configure(ConfigResource.Type.TOPIC, TOPIC, "retention.ms", "987654321");
    awaitConfig(target, direction.remoteTopic(), "retention.ms", "987654321");

    Clients.await(
        source
            .admin()
            .createPartitions(Map.of(TOPIC, NewPartitions.increaseTo(3)))
            .all()
            .toCompletionStage()
            .toCompletableFuture());
    mirrorMaker.await(
        "the third partition", SOON, () -> target.partitions(direction.remoteTopic()).size() == 3);
  }

  @Tag("long")
  @ParameterizedTest
  @EnumSource
  void shouldTellOfHeartbeatsCheckpointsAndOffsetsOfGroups(Direction direction) throws Exception {
    Clients target = clients.get(direction.target());
    Map<String, Object> asked = Map.of("bootstrap.servers", target.bootstrap());
    awaitTopic(target, direction.source() + ".heartbeats", 1);
    awaitTopic(target, direction.source() + ".checkpoints.internal", 1);
    assertThat(RemoteClusterUtils.upstreamClusters(asked)).containsExactly(direction.source());

    TopicPartition remote = new TopicPartition(direction.remoteTopic(), 0);
    mirrorMaker.await(
        () -> "the group goes on there where it was: " + target.committed(GROUP),
        SOON,
        () -> {
          OffsetAndMetadata committed = target.committed(GROUP).get(remote);
          return committed != null && committed.offset() == 100;
        });
    assertThat(
            RemoteClusterUtils.translateOffsets(asked, direction.source(), GROUP, SOON).get(remote))
        .extracting(OffsetAndMetadata::offset)
        .isEqualTo(100L);
  }

  /** It asks for the ACLs of topics, and goes on when it hears that there is no authorizer. */
  @Test
  void shouldHearThatThereAreNoAcls() {
    mirrorMaker.await(
        "it knows of both that they have no authorizer",
        SOON,
        () ->
            mirrorMaker.output().lines().stream()
                    .filter(line -> line.contains("No ACL authorizer is configured"))
                    .count()
                == 2);
    assertThat(mirrorMaker.output().lines()).noneMatch(line -> line.contains("UnsupportedVersion"));
  }

  private static List<ProducerRecord<byte[], byte[]>> records(int from, int toExclusive) {
    return IntStream.range(from, toExclusive)
        .mapToObj(
            n ->
                new ProducerRecord<>(
                    TOPIC,
                    n % 2,
                    WRITTEN_MS + n,
                    n % 3 == 0 ? null : JavaClientIT.bytes("key " + n),
                    n % 5 == 0 ? null : JavaClientIT.bytes("value " + n),
                    List.<Header>of(
                        new RecordHeader("number", JavaClientIT.bytes("" + n)),
                        new RecordHeader("nothing", null))))
        .toList();
  }

  /** Partition, offset, timestamp, key, value and headers of each record. */
  private static List<String> seen(Clients of, String topic) {
    List<String> seen = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : of.consumeAll(topic)) {
      StringBuilder text = new StringBuilder();
      text.append(record.partition()).append('@').append(record.offset());
      text.append(' ').append(record.timestampType()).append(' ').append(record.timestamp());
      text.append(' ')
          .append(textOrNull(record.key()))
          .append('=')
          .append(textOrNull(record.value()));
      for (Header header : record.headers()) {
        text.append(' ').append(header.key()).append(':').append(textOrNull(header.value()));
      }
      seen.add(text.toString());
    }
    return seen;
  }

  private static String textOrNull(byte[] bytes) {
    return bytes == null ? null : JavaClientIT.text(bytes);
  }

  private static void commit(Clients of, int count) {
    try (KafkaConsumer<byte[], byte[]> consumer = of.consumer(Map.of("group.id", GROUP))) {
      Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
      for (int partition = 0; partition < 2; partition++) {
        offsets.put(new TopicPartition(TOPIC, partition), new OffsetAndMetadata(count / 2));
      }
      consumer.commitSync(offsets, Clients.PATIENCE);
    }
  }

  private void awaitTopic(Clients of, String topic, long records) {
    mirrorMaker.await(
        "topic " + topic + " with at least " + records + " records",
        SOON,
        () -> exists(of, topic) && of.endOffset(topic, 0) >= records);
  }

  private void awaitEnds(Clients of, String topic, long records) {
    mirrorMaker.await(
        () -> topic + " has " + records + " records",
        SOON,
        () -> exists(of, topic) && of.endOffset(topic, 0) + of.endOffset(topic, 1) == records);
  }

  private void awaitConfig(Clients of, String topic, String key, String value) {
    mirrorMaker.await(
        () -> key + " of " + topic + " is " + value + ": " + config(of, topic, key),
        SOON,
        () -> value.equals(config(of, topic, key)));
  }

  private static boolean exists(Clients of, String topic) {
    try {
      return Clients.await(
              of.admin().listTopics().names().toCompletionStage().toCompletableFuture())
          .contains(topic);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Null when there is no such topic. */
  private static String config(Clients of, String topic, String key) {
    try {
      return of.topicConfig(topic, key);
    } catch (UnknownTopicOrPartitionException e) {
      return null;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
