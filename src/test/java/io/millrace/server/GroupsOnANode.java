package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.config.Settings;
import io.millrace.model.FreePorts;
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
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A whole node with a topic, and members of a group that reads it. */
abstract class GroupsOnANode {
  static final String TOPIC = "work";
  static final String GROUP = "workers";
  static final int PARTITIONS = 6;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @RegisterExtension final LoopsNeverBlock loops = new LoopsNeverBlock();
  @TempDir Path directory;
  private final Map<String, String> settings = new HashMap<>();
  private final List<WorkingConsumer> consumers = new ArrayList<>();
  private final Set<String> seen = ConcurrentHashMap.newKeySet();
  private Node node;
  private final int port = FreePorts.next();
  private int produced;
  private Admin admin;

  /**
   * Not started.
   *
   * @param more settings of the node
   */
  GroupsOnANode(Map<String, String> more) {
    settings.put("http.port", "-1");
    settings.put("offsets.topic.num.partitions", "4");
    settings.put("group.initial.rebalance.delay.ms", "300");
    settings.putAll(more);
  }

  @BeforeEach
  void startNode() throws Exception {
    settings.put("log.dirs", directory.toString());
    start();
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

  private void start() throws Exception {
    settings.put("listeners", "PLAINTEXT://127.0.0.1:" + port);
    node = await(Node.start(Settings.of(settings)));
  }

  /** Stops the node and starts it on the same address. */
  final void restart() throws Exception {
    await(node.stop());
    start();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  /** What an administrator's request brings. */
  static <T> T await(KafkaFuture<T> future) throws Exception {
    return future.get(60, TimeUnit.SECONDS);
  }

  static void until(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time: " + what).isLessThan(end);
      LockSupport.parkNanos(10_000_000);
    }
  }

  final Admin admin() {
    return admin;
  }

  private Map<String, Object> client() {
    return Map.of("bootstrap.servers", "127.0.0.1:" + port, "reconnect.backoff.max.ms", 100);
  }

  final void create(String topic, int partitions) throws Exception {
    await(admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all());
  }

  private Map<String, Object> member() {
    Map<String, Object> config = new HashMap<>(client());
    config.put("group.id", GROUP);
    // Asked for at the wrong moment, a topic that was just deleted would be created again.
    config.put("allow.auto.create.topics", "false");
    return config;
  }

  private WorkingConsumer add(WorkingConsumer consumer) {
    consumers.add(consumer);
    return consumer;
  }

  /** A member that speaks the classic protocol. */
  final WorkingConsumer joinClassic(Class<?> assignor) {
    Map<String, Object> config = member();
    config.put("partition.assignment.strategy", assignor.getName());
    config.put("session.timeout.ms", 6_000);
    config.put("heartbeat.interval.ms", 300);
    return add(new WorkingConsumer(TOPIC, config, seen));
  }

  private Map<String, Object> consumerProtocol() {
    Map<String, Object> config = member();
    config.put("group.protocol", "consumer");
    // Who waits for a topic that was just created must not wait for minutes.
    config.put("metadata.max.age.ms", 1_000);
    return config;
  }

  /** A member that speaks the consumer protocol. */
  final WorkingConsumer joinConsumer() {
    return add(new WorkingConsumer(TOPIC, consumerProtocol(), seen));
  }

  /** The same for all topics that match. */
  final WorkingConsumer joinConsumer(String regex) {
    return add(WorkingConsumer.ofPattern(regex, consumerProtocol(), seen));
  }

  /** Produces more records, and waits until they are read. */
  final void produce(int count) throws Exception {
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(client(), new StringSerializer(), new StringSerializer())) {
      List<java.util.concurrent.Future<?>> sent = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int number = produced++;
        sent.add(
            producer.send(new ProducerRecord<>(TOPIC, number % PARTITIONS, null, "r" + number)));
      }
      for (java.util.concurrent.Future<?> one : sent) {
        one.get(60, TimeUnit.SECONDS);
      }
    }
    until("everything is read", () -> seen.size() == produced);
  }

  static void awaitShares(int each, WorkingConsumer... members) {
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

  final Map<TopicPartition, Long> committed() {
    Map<TopicPartition, Long> committed = new HashMap<>();
    try {
      await(admin.listConsumerGroupOffsets(GROUP).partitionsToOffsetAndMetadata())
          .forEach((partition, offset) -> committed.put(partition, offset.offset()));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return committed;
  }

  final void awaitCommitted() {
    until(
        "everything is committed",
        () -> committed().values().stream().mapToLong(Long::longValue).sum() == produced);
  }
}
