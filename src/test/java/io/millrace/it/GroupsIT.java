package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InconsistentGroupProtocolException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Java consumers share the work in classic groups and remember the place. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GroupsIT {
  /** Groups form at once, and sessions may be short. */
  static final Map<String, String> PROMPT =
      Map.of(
          "group.initial.rebalance.delay.ms", "0",
          "group.min.session.timeout.ms", "500",
          "offsets.topic.num.partitions", "5");

  private static final Duration BUSY_MACHINE = Duration.ofSeconds(10);

  private BrokerProcess broker;
  private Clients clients;

  @BeforeAll
  void start(@TempDir Path dir) {
    broker = BrokerProcess.start(dir, PROMPT);
    clients = new Clients(broker);
  }

  @AfterAll
  void stop() {
    clients.close();
    broker.close();
  }

  private ConsumerGroup group(String id, Class<?> assignor) {
    return group(id, Map.of("partition.assignment.strategy", assignor.getName()));
  }

  private ConsumerGroup group(String id, Map<String, ?> config) {
    return new ConsumerGroup(clients, id, config);
  }

  /** Polls until the condition holds. Returns what came. */
  private static List<String> poll(KafkaConsumer<byte[], byte[]> consumer, BooleanSupplier end) {
    List<String> values = new ArrayList<>();
    Await.until(
        () -> "polling has brought about what it should: " + values,
        Clients.PATIENCE,
        () -> {
          for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(50))) {
            values.add(JavaClientIT.text(record.value()));
          }
          return end.getAsBoolean();
        });
    return values;
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        RangeAssignor.class,
        RoundRobinAssignor.class,
        StickyAssignor.class,
        CooperativeStickyAssignor.class
      })
  void shouldShareTheWork(Class<?> assignor) throws Exception {
    String topic = "shared-" + assignor.getSimpleName();
    clients.createTopic(topic, 6);
    try (ConsumerGroup group = group(topic, assignor)) {
      group.shareTheWork(clients, topic, 6);
      group.assertInOrder();
    }
  }

  @Test
  void shouldTakeFromACooperativeMemberOnlyWhatAnotherGets() throws Exception {
    clients.createTopic("kept", 6);
    try (ConsumerGroup group = group("kept", CooperativeStickyAssignor.class)) {
      GroupMember first = group.join("first", "kept");
      group.awaitBalanced(6);

      GroupMember second = group.join("second", "kept");
      group.awaitBalanced(6);

      assertThat(first.given()).isEqualTo(second.owned()).hasSize(3);
      group.assertInOrder();
    }
  }

  @Test
  void shouldFollowAPatternToNewTopics() throws Exception {
    clients.createTopic("metered-1", 2);
    clients.createTopic("unmetered", 2);
    try (ConsumerGroup group = group("pattern", Map.of("metadata.max.age.ms", 300))) {
      GroupMember member = group.joinByPattern("a", Pattern.compile("metered-.*"));
      group.awaitBalanced(2);

      clients.createTopic("metered-2", 3);

      group.awaitBalanced(5);
      assertThat(member.owned())
          .extracting(TopicPartition::topic)
          .containsOnly("metered-1", "metered-2");
      group.assertInOrder();
    }
  }

  @Test
  void shouldRebalanceNothingWhenAStaticMemberRestarts() throws Exception {
    clients.createTopic("static", 4);
    try (ConsumerGroup group = group("static", RangeAssignor.class)) {
      GroupMember other = group.joinAs("other", "static");
      GroupMember before = group.joinAs("restarted", "static");
      group.awaitBalanced(4);
      int assignments = other.assignments();
      Set<TopicPartition> owned = before.owned();

      before.closeByDefault();
      GroupMember after = group.joinAs("restarted", "static");
      group.awaitBalanced(4);

      assertThat(after.owned()).isEqualTo(owned);
      assertThat(other.assignments()).isEqualTo(assignments);
      assertThat(after.generation()).isEqualTo(other.generation());
      Numbers.produce(clients, "static", 4, 0, 40);
      group.awaitNumbers(40);
      group.assertInOrder();
    }
  }

  @Test
  void shouldFenceTheOlderOfTwoWithOneInstanceId() throws Exception {
    clients.createTopic("fenced", 2);
    try (ConsumerGroup group = group("fenced", RangeAssignor.class)) {
      GroupMember older = group.joinAs("twin", "fenced");
      group.awaitBalanced(2);

      GroupMember younger = group.joinAs("twin", "fenced");

      Await.until("the older is fenced", Clients.PATIENCE, () -> older.failure() != null);
      assertThat(older.failure()).isInstanceOf(FencedInstanceIdException.class);
      group.awaitBalanced(2);
      assertThat(younger.owned()).hasSize(2);
      assertThat(younger.failure()).isNull();
    }
  }

  @Test
  void shouldReplaceAMemberThatVanishedAfterItsSession() throws Exception {
    Duration session = Duration.ofSeconds(2);
    clients.createTopic("vanished", 4);
    try (ConsumerGroup group =
        group(
            "vanished",
            Map.of(
                "session.timeout.ms",
                (int) session.toMillis(),
                "partition.assignment.strategy",
                CooperativeStickyAssignor.class.getName()))) {
      GroupMember left = group.join("left", "vanished");
      GroupMember gone = group.join("gone", "vanished");
      group.awaitBalanced(4);
      Set<TopicPartition> kept = left.owned();
      // It may have been alone at first.
      Set<TopicPartition> given = left.given();

      gone.vanish();
      long start = System.nanoTime();
      Numbers.produce(clients, "vanished", 4, 0, 40);
      // Half of them come at once, the rest is behind the session.
      group.awaitNumbers(20);
      assertThat(left.owned()).isEqualTo(kept);
      group.awaitNumbers(40);

      assertThat(left.given()).isEqualTo(given);
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isGreaterThan(session.dividedBy(2))
          .isLessThan(session.plus(BUSY_MACHINE));
      group.assertInOrder();
    }
  }

  @Test
  void shouldGiveThePartitionsOfABusyMemberToTheOthers() throws Exception {
    clients.createTopic("busy", 4);
    try (ConsumerGroup group =
        group("busy", Map.of("max.poll.interval.ms", 1_000, "session.timeout.ms", 30_000))) {
      GroupMember polling = group.join("polling", "busy");
      GroupMember busy = group.join("busy", "busy");
      group.awaitBalanced(4);

      busy.pausePolling();
      try {
        Await.until("the other has all", BUSY_MACHINE, () -> polling.owned().size() == 4);
      } finally {
        busy.resumePolling();
      }

      // Polling again it joins again.
      group.awaitBalanced(4);
      group.assertInOrder();
    }
  }

  @Test
  void shouldKeepGroupsApart() throws Exception {
    clients.createTopic("common", 3);
    Numbers.produce(clients, "common", 3, 0, 90);
    try (ConsumerGroup one = group("one", Map.of());
        ConsumerGroup two = group("two", Map.of("max.poll.records", 10))) {
      one.join("a", "common");
      one.awaitNumbers(90);
      two.join("a", "common").leave();

      assertThat(two.numbers()).hasSizeLessThan(90);
      Await.until("all is committed", Clients.PATIENCE, () -> clients.committedInAll("one") == 90);
      assertThat(clients.committedInAll("two")).isLessThan(90);
      two.join("b", "common");
      two.awaitNumbers(90);
      Numbers.assertAllBelow(90, one.numbers());
      Numbers.assertAllBelow(90, two.numbers());
    }
  }

  @Test
  void shouldRefuseAMemberWithoutACommonAssignor() throws Exception {
    clients.createTopic("inconsistent", 2);
    try (ConsumerGroup ranged = group("inconsistent", RangeAssignor.class);
        ConsumerGroup turning = group("inconsistent", RoundRobinAssignor.class)) {
      ranged.join("a", "inconsistent");
      ranged.awaitBalanced(2);

      GroupMember stranger = turning.join("b", "inconsistent");

      Await.until("it is refused", Clients.PATIENCE, () -> stranger.failure() != null);
      assertThat(stranger.failure()).isInstanceOf(InconsistentGroupProtocolException.class);
      ranged.assertInOrder();
      ranged.awaitBalanced(2);
    }
  }

  @Test
  void shouldMoveFromEagerToCooperativeWithoutAStop() throws Exception {
    clients.createTopic("upgraded", 4);
    String both = CooperativeStickyAssignor.class.getName() + "," + RangeAssignor.class.getName();
    try (ConsumerGroup eager = group("upgraded", RangeAssignor.class);
        ConsumerGroup between = group("upgraded", Map.of("partition.assignment.strategy", both))) {
      GroupMember old = eager.join("old", "upgraded");
      eager.awaitBalanced(4);
      GroupMember young = between.join("young", "upgraded");
      Await.until(
          "both share",
          Clients.PATIENCE,
          () -> old.owned().size() == 2 && young.owned().size() == 2);

      old.leave();

      between.awaitBalanced(4);
      between.assertInOrder();
      assertThat(clients.describeGroup("upgraded").partitionAssignor())
          .isEqualTo("cooperative-sticky");
    }
  }

  @Test
  void shouldStartWhereAutoOffsetResetSays() throws Exception {
    clients.createTopic("reset", 1);
    Numbers.produce(clients, "reset", 1, 0, 10);
    TopicPartition partition = new TopicPartition("reset", 0);

    assertThat(firstOf("reset-earliest", "earliest", partition)).isZero();
    assertThat(firstOf("reset-latest", "latest", partition)).isEqualTo(10);
    assertThat(firstOf("reset-duration", "by_duration:PT1H", partition)).isZero();
    assertThatThrownBy(() -> firstOf("reset-none", "none", partition))
        .isInstanceOf(NoOffsetForPartitionException.class);
  }

  /** The position at which a new group begins. */
  private long firstOf(String group, String reset, TopicPartition partition) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        clients.consumer(Map.of("group.id", group, "auto.offset.reset", reset))) {
      consumer.subscribe(
          List.of(partition.topic()),
          new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
              // Nothing read moves the position.
              consumer.pause(partitions);
            }

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}
          });
      poll(consumer, () -> !consumer.assignment().isEmpty());
      return consumer.position(partition, Clients.PATIENCE);
    }
  }

  @Test
  void shouldGoOnWhereAutoCommitLeftOff() throws Exception {
    clients.createTopic("automatic", 1);
    Numbers.produce(clients, "automatic", 1, 0, 10);
    Map<String, Object> config =
        Map.of(
            "group.id",
            "automatic",
            "enable.auto.commit",
            true,
            "auto.commit.interval.ms",
            100,
            "auto.offset.reset",
            "earliest");
    try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(config)) {
      consumer.subscribe(List.of("automatic"));
      poll(consumer, () -> clients.committedInAll("automatic") == 10);
    }
    Numbers.produce(clients, "automatic", 1, 10, 12);

    try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(config)) {
      consumer.subscribe(List.of("automatic"));
      assertThat(poll(consumer, () -> clients.committedInAll("automatic") == 12))
          .containsExactly("10", "11");
    }
  }

  @Test
  void shouldLetAConsumerOutsideCommitOnlyWhileNobodyIsInside() throws Exception {
    clients.createTopic("inside", 1);
    TopicPartition partition = new TopicPartition("inside", 0);
    try (KafkaConsumer<byte[], byte[]> outside = clients.consumer(Map.of("group.id", "inside"));
        ConsumerGroup group = group("inside", Map.of())) {
      outside.assign(List.of(partition));
      outside.commitSync(Map.of(partition, new OffsetAndMetadata(0, "by hand")));
      GroupMember member = group.join("a", "inside");
      group.awaitBalanced(1);

      assertThatThrownBy(() -> outside.commitSync(Map.of(partition, new OffsetAndMetadata(7))))
          .isInstanceOf(CommitFailedException.class);
      member.leave();
      Await.until(
          "it is empty",
          Clients.PATIENCE,
          () -> clients.describeGroup("inside").groupState() == GroupState.EMPTY);
      outside.commitSync(Map.of(partition, new OffsetAndMetadata(7)));

      assertThat(clients.committed("inside").get(partition).offset()).isEqualTo(7);
    }
  }

  @Test
  void shouldKeepCommittedOffsetsThroughEveryEnd(@TempDir Path dir) throws Exception {
    try (BrokerProcess node = BrokerProcess.start(dir, PROMPT);
        Clients of = new Clients(node)) {
      of.createTopic("durable", 3);
      Numbers.produce(of, "durable", 3, 0, 300);
      List<TopicPartition> partitions =
          IntStream.range(0, 3).mapToObj(p -> new TopicPartition("durable", p)).toList();
      try (KafkaConsumer<byte[], byte[]> consumer =
          of.consumer(Map.of("group.id", "durable", "auto.offset.reset", "earliest"))) {
        consumer.assign(partitions);
        consumer.commitSync(
            Map.of(partitions.get(0), new OffsetAndMetadata(17, Optional.of(0), "as far as äöü")));
        List<Exception> outcomes = new ArrayList<>();
        for (int offset = 1; offset <= 50; offset++) {
          boolean last = offset == 50;
          consumer.commitAsync(
              Map.of(partitions.get(1), new OffsetAndMetadata(offset)),
              (offsets, failure) -> {
                if (last || failure != null) {
                  outcomes.add(failure);
                }
              });
        }
        poll(consumer, () -> !outcomes.isEmpty());
        assertThat(outcomes).containsOnlyNulls();
      }
      Map<TopicPartition, OffsetAndMetadata> before = of.committed("durable");
      assertThat(before)
          .containsEntry(
              partitions.get(0), new OffsetAndMetadata(17, Optional.of(0), "as far as äöü"))
          .containsEntry(partitions.get(1), new OffsetAndMetadata(50))
          .hasSize(2);

      node.kill();
      node.startAndAwaitReady();
      assertThat(of.committed("durable")).isEqualTo(before);

      node.stop();
      node.startAndAwaitReady();
      assertThat(of.committed("durable")).isEqualTo(before);
    }
  }

  @Test
  void shouldGoOnWithItsMembersAfterARestart(@TempDir Path dir) throws Exception {
    try (BrokerProcess node = BrokerProcess.start(dir, PROMPT);
        Clients of = new Clients(node)) {
      of.createTopic("carried", 4);
      try (ConsumerGroup group =
          new ConsumerGroup(
              of,
              "carried",
              Map.of(
                  "partition.assignment.strategy",
                  StickyAssignor.class.getName(),
                  "session.timeout.ms",
                  30_000,
                  // A client that begins anew for want of nodes forgets its topics and rebalances.
                  "metadata.recovery.strategy",
                  "none"))) {
        GroupMember a = group.join("a", "carried");
        GroupMember b = group.join("b", "carried");
        group.awaitBalanced(4);
        Numbers.produce(of, "carried", 4, 0, 100);
        group.awaitNumbers(100);
        int generation = a.generation();

        node.kill();
        node.startAndAwaitReady();
        Numbers.produce(of, "carried", 4, 100, 200);
        group.awaitNumbers(200);
        node.stop();
        node.startAndAwaitReady();
        Numbers.produce(of, "carried", 4, 200, 300);
        group.awaitNumbers(300);

        // The node remembers its members: they need not even rebalance.
        assertThat(a.generation()).isEqualTo(generation);
        assertThat(b.generation()).isEqualTo(generation);
        Numbers.assertAllBelow(300, group.numbers());
        group.assertInOrder();
      }
    }
  }
}
