package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.config.Settings;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups of Java consumers that speak the consumer protocol (KIP-848), on a whole node. */
@Timeout(180)
class ConsumerGroupsNodeTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String TOPIC = "work";
  private static final String GROUP = "workers";
  private static final int PARTITIONS = 6;

  @RegisterExtension final LoopsNeverBlock loops = new LoopsNeverBlock();
  @TempDir Path directory;
  private final List<WorkingConsumer> consumers = new ArrayList<>();
  private final Set<String> seen = ConcurrentHashMap.newKeySet();
  private Node node;
  private int port;
  private int produced;
  private Admin admin;

  @BeforeEach
  void startNode() throws Exception {
    start(0);
    port = node.listeners().get(0).port();
    admin = Admin.create(client());
    create(TOPIC, PARTITIONS);
  }

  @AfterEach
  void stopNode() throws Exception {
    for (WorkingConsumer consumer : consumers) {
      consumer.die();
    }
    admin.close(Duration.ofSeconds(5));
    await(node.stop());
  }

  private void start(int atPort) throws Exception {
    node =
        await(
            Node.start(
                Settings.of(
                    Map.ofEntries(
                        Map.entry("listeners", "PLAINTEXT://127.0.0.1:" + atPort),
                        Map.entry("http.port", "-1"),
                        Map.entry("log.dirs", directory.toString()),
                        Map.entry("offsets.topic.num.partitions", "4"),
                        Map.entry("group.initial.rebalance.delay.ms", "300"),
                        Map.entry("group.consumer.assignment.interval.ms", "200"),
                        Map.entry("group.consumer.min.heartbeat.interval.ms", "200"),
                        Map.entry("group.consumer.heartbeat.interval.ms", "300"),
                        Map.entry("group.consumer.min.session.timeout.ms", "4000"),
                        Map.entry("group.consumer.session.timeout.ms", "6000")))));
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private static void until(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time: " + what).isLessThan(end);
      LockSupport.parkNanos(10_000_000);
    }
  }

  private Map<String, Object> client() {
    return Map.of("bootstrap.servers", "127.0.0.1:" + port, "reconnect.backoff.max.ms", 100);
  }

  private void create(String topic, int partitions) throws Exception {
    admin
        .createTopics(List.of(new NewTopic(topic, partitions, (short) 1)))
        .all()
        .get(60, TimeUnit.SECONDS);
  }

  private Map<String, Object> member() {
    Map<String, Object> config = new HashMap<>(client());
    config.put("group.id", GROUP);
    config.put("group.protocol", "consumer");
    // Who waits for a topic that was just created must not wait for minutes.
    config.put("metadata.max.age.ms", 1_000);
    return config;
  }

  private WorkingConsumer add(WorkingConsumer consumer) {
    consumers.add(consumer);
    return consumer;
  }

  private WorkingConsumer join() {
    return add(new WorkingConsumer(TOPIC, member(), seen));
  }

  private void produce(int count) throws Exception {
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(client(), new StringSerializer(), new StringSerializer())) {
      List<java.util.concurrent.Future<?>> sent = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        sent.add(
            producer.send(
                new ProducerRecord<>(TOPIC, produced % PARTITIONS, null, "r" + produced++)));
      }
      for (java.util.concurrent.Future<?> one : sent) {
        one.get(60, TimeUnit.SECONDS);
      }
    }
    until("everything is read", () -> seen.size() == produced);
  }

  private static void awaitShares(int each, WorkingConsumer... members) {
    until(
        each + " partitions each",
        () -> {
          Set<Integer> all = new HashSet<>();
          for (WorkingConsumer member : members) {
            if (member.owned().size() != each) {
              return false;
            }
            all.addAll(member.owned());
          }
          return all.size() == PARTITIONS;
        });
  }

  private ConsumerGroupDescription describe() {
    try {
      return admin
          .describeConsumerGroups(List.of(GROUP))
          .describedGroups()
          .get(GROUP)
          .get(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private Map<TopicPartition, Long> committed() throws Exception {
    Map<TopicPartition, Long> committed = new HashMap<>();
    admin
        .listConsumerGroupOffsets(GROUP)
        .partitionsToOffsetAndMetadata()
        .get(60, TimeUnit.SECONDS)
        .forEach((partition, offset) -> committed.put(partition, offset.offset()));
    return committed;
  }

  @Test
  void shouldShareATopicWhoeverComesOrLeavesOrDies() throws Exception {
    WorkingConsumer first = join();
    WorkingConsumer second = join();
    awaitShares(3, first, second);
    produce(300);

    WorkingConsumer third = join();
    awaitShares(2, first, second, third);
    // The others gave up one partition each, and never stopped with the rest.
    assertThat(second.revoked().size() + first.revoked().size()).isBetween(2, 5);
    produce(300);
    assertThat(describe().type()).isEqualTo(GroupType.CONSUMER);
    assertThat(describe().members()).hasSize(3);
    until("it is stable", () -> describe().groupState() == GroupState.STABLE);

    third.leave();
    awaitShares(3, first, second);
    second.die();
    awaitShares(6, first);
    produce(300);

    first.leave();
    until("it is empty", () -> describe().groupState() == GroupState.EMPTY);
    assertThat(committed().values().stream().mapToLong(Long::longValue).sum()).isEqualTo(produced);
    admin.deleteConsumerGroups(List.of(GROUP)).all().get(60, TimeUnit.SECONDS);
    assertThat(admin.listGroups().all().get(60, TimeUnit.SECONDS)).isEmpty();
  }

  @Test
  void shouldGoOnAfterARestart() throws Exception {
    WorkingConsumer first = join();
    WorkingConsumer second = join();
    awaitShares(3, first, second);
    produce(300);
    ConsumerGroupMetadata was = first.membership();

    await(node.stop());
    start(port);

    produce(300);
    assertThat(first.revoked()).hasSizeLessThanOrEqualTo(3);
    assertThat(first.membership().memberId()).isEqualTo(was.memberId());
    assertThat(first.membership().generationId()).isEqualTo(was.generationId());
    awaitShares(3, first, second);
  }

  @Test
  void shouldFollowTopicsThatMatchAndGrow() throws Exception {
    WorkingConsumer first = add(WorkingConsumer.ofPattern("wo.*", member(), seen));
    until("it has the topic", () -> first.partitions().size() == PARTITIONS);

    create("works", 2);
    until("it has the new topic", () -> first.partitions().size() == PARTITIONS + 2);
    create("other", 1);
    admin
        .createPartitions(Map.of("works", NewPartitions.increaseTo(4)))
        .all()
        .get(60, TimeUnit.SECONDS);
    until("it has the new partitions", () -> first.partitions().size() == PARTITIONS + 4);
    admin.deleteTopics(List.of("works")).all().get(60, TimeUnit.SECONDS);
    until("it has given the topic up", () -> first.partitions().size() == PARTITIONS);
    assertThat(first.partitions()).allMatch(partition -> partition.topic().equals(TOPIC));
  }

  private WorkingConsumer joinClassic(Class<?> assignor) {
    Map<String, Object> config = new HashMap<>(client());
    config.put("group.id", GROUP);
    config.put("partition.assignment.strategy", assignor.getName());
    config.put("session.timeout.ms", 6_000);
    config.put("heartbeat.interval.ms", 300);
    return add(new WorkingConsumer(TOPIC, config, seen));
  }

  @ParameterizedTest
  @ValueSource(classes = {RangeAssignor.class, CooperativeStickyAssignor.class})
  void shouldMixBothProtocolsAndChangeToAndFro(Class<?> assignor) throws Exception {
    WorkingConsumer classic = joinClassic(assignor);
    awaitShares(6, classic);
    produce(300);

    WorkingConsumer modern = join();
    awaitShares(3, classic, modern);
    assertThat(describe().type()).isEqualTo(GroupType.CONSUMER);
    produce(300);
    WorkingConsumer third = joinClassic(assignor);
    awaitShares(2, classic, modern, third);
    produce(300);

    modern.leave();
    awaitShares(3, classic, third);
    assertThat(describe().type()).isEqualTo(GroupType.CLASSIC);
    produce(300);
  }

  @Test
  void shouldTakeSettingsOfAGroup() throws Exception {
    ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, GROUP);
    admin
        .incrementalAlterConfigs(
            Map.of(
                group,
                List.of(
                    new AlterConfigOp(
                        new ConfigEntry("consumer.session.timeout.ms", "4000"),
                        AlterConfigOp.OpType.SET))))
        .all()
        .get(60, TimeUnit.SECONDS);
    ConfigEntry entry =
        admin
            .describeConfigs(List.of(group))
            .all()
            .get(60, TimeUnit.SECONDS)
            .get(group)
            .get("consumer.session.timeout.ms");

    assertThat(entry.value()).isEqualTo("4000");
    assertThat(entry.source()).isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_GROUP_CONFIG);
  }
}
