package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.config.Settings;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ClassicGroupDescription;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.ClassicGroupState;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups of Java consumers that speak the classic protocol, on a whole node. */
@Timeout(180)
class ClassicGroupsNodeTest {
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

  @BeforeEach
  void startNode() throws Exception {
    start(0);
    port = node.listeners().get(0).port();
  }

  @AfterEach
  void stopNode() throws Exception {
    for (WorkingConsumer consumer : consumers) {
      consumer.die();
    }
    await(node.stop());
  }

  private void start(int atPort) throws Exception {
    node =
        await(
            Node.start(
                Settings.of(
                    Map.of(
                        "listeners", "PLAINTEXT://127.0.0.1:" + atPort,
                        "http.port", "-1",
                        "log.dirs", directory.toString(),
                        "offsets.topic.num.partitions", "4",
                        "group.initial.rebalance.delay.ms", "300"))));
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

  private WorkingConsumer join(Class<?> assignor, String instanceId) {
    Map<String, Object> config = new HashMap<>(client());
    config.put("group.id", GROUP);
    config.put("partition.assignment.strategy", assignor.getName());
    config.put("session.timeout.ms", 6_000);
    config.put("heartbeat.interval.ms", 300);
    if (instanceId != null) {
      config.put("group.instance.id", instanceId);
    }
    WorkingConsumer consumer = new WorkingConsumer(TOPIC, config, seen);
    consumers.add(consumer);
    return consumer;
  }

  private void produce(int count) throws Exception {
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(client(), new StringSerializer(), new StringSerializer())) {
      List<java.util.concurrent.Future<RecordMetadata>> sent = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int number = produced++;
        sent.add(
            producer.send(new ProducerRecord<>(TOPIC, number % PARTITIONS, null, "r" + number)));
      }
      for (java.util.concurrent.Future<RecordMetadata> one : sent) {
        one.get(60, TimeUnit.SECONDS);
      }
    }
    until("everything is read", () -> seen.size() == produced);
  }

  private static void awaitShares(int each, WorkingConsumer... members) {
    until(
        each + " partitions each",
        () -> {
          Set<Integer> all = ConcurrentHashMap.newKeySet();
          for (WorkingConsumer member : members) {
            if (member.owned().size() != each) {
              return false;
            }
            all.addAll(member.owned());
          }
          return all.size() == PARTITIONS;
        });
  }

  private static Map<TopicPartition, Long> committed(Admin admin) {
    Map<TopicPartition, Long> committed = new HashMap<>();
    try {
      admin
          .listConsumerGroupOffsets(GROUP)
          .partitionsToOffsetAndMetadata()
          .get(60, TimeUnit.SECONDS)
          .forEach((partition, offset) -> committed.put(partition, offset.offset()));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return committed;
  }

  private void awaitCommitted(Admin admin) {
    until(
        "everything is committed",
        () -> committed(admin).values().stream().mapToLong(Long::longValue).sum() == produced);
  }

  private static ClassicGroupDescription describe(Admin admin) throws Exception {
    return admin.describeClassicGroups(List.of(GROUP)).all().get(60, TimeUnit.SECONDS).get(GROUP);
  }

  @ParameterizedTest
  @ValueSource(classes = {RangeAssignor.class, CooperativeStickyAssignor.class})
  void shouldShareATopicWhoeverLeavesOrDiesOrRestarts(Class<?> assignor) throws Exception {
    try (Admin admin = Admin.create(client())) {
      admin
          .createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1)))
          .all()
          .get(60, TimeUnit.SECONDS);
      WorkingConsumer first = join(assignor, null);
      WorkingConsumer second = join(assignor, null);
      awaitShares(3, first, second);
      produce(300);
      awaitCommitted(admin);
      Map<TopicPartition, Long> before = committed(admin);
      ConsumerGroupMetadata was = first.membership();

      await(node.stop());
      start(port);

      assertThat(committed(admin)).isEqualTo(before);
      produce(300);
      awaitCommitted(admin);
      assertThat(first.membership().memberId()).isEqualTo(was.memberId());
      assertThat(first.membership().generationId()).isGreaterThanOrEqualTo(was.generationId());

      WorkingConsumer third = join(assignor, null);
      awaitShares(2, first, second, third);
      third.leave();
      awaitShares(3, first, second);
      second.die();
      awaitShares(6, first);
      produce(300);
      awaitCommitted(admin);

      assertThat(describe(admin).state()).isEqualTo(ClassicGroupState.STABLE);
      assertThat(describe(admin).members()).hasSize(1);
      assertThatThrownBy(
              () -> admin.deleteConsumerGroups(List.of(GROUP)).all().get(60, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(GroupNotEmptyException.class);
      first.leave();
      until("it is empty", () -> isEmpty(admin));
      admin.deleteConsumerGroups(List.of(GROUP)).all().get(60, TimeUnit.SECONDS);
      assertThatThrownBy(() -> describe(admin))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(GroupIdNotFoundException.class);
      assertThat(admin.listGroups().all().get(60, TimeUnit.SECONDS)).isEmpty();
    }
  }

  private static boolean isEmpty(Admin admin) {
    try {
      return admin
          .listGroups(ListGroupsOptions.forConsumerGroups())
          .all()
          .get(60, TimeUnit.SECONDS)
          .stream()
          .anyMatch(
              one ->
                  one.groupId().equals(GROUP)
                      && one.groupState().orElseThrow() == GroupState.EMPTY);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
