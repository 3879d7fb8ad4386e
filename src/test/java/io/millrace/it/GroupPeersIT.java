package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients of several families share groups: librdkafka (kcat), kafkajs, kafka-python and Java. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GroupPeersIT {
  private static final Path JS = Path.of("src/test/js").toAbsolutePath();
  private static final Path PYTHON = Path.of("src/test/python").toAbsolutePath();
  private static final Duration SESSION = Duration.ofSeconds(3);
  private static final Duration BUSY_MACHINE = Duration.ofSeconds(20);

  /** A client library that is not Java. */
  private enum Family {
    KCAT {
      @Override
      MemberProcess join(String name, Clients clients, String group) {
        return MemberProcess.kcat(
            name,
            clients,
            group,
            group,
            Map.of(
                "auto.offset.reset",
                "earliest",
                "session.timeout.ms",
                SESSION.toMillis(),
                "heartbeat.interval.ms",
                200,
                "auto.commit.interval.ms",
                100,
                "topic.metadata.refresh.interval.ms",
                1_000,
                "partition.assignment.strategy",
                "range"));
      }
    },
    KAFKAJS {
      @Override
      MemberProcess join(String name, Clients clients, String group) {
        Peer.require("node");
        Peer.require("kafkajs", JS.resolve("node_modules/kafkajs"));
        return MemberProcess.script(name, "node", JS.resolve("consume.js"), clients, group, group);
      }
    },
    PYTHON_KAFKA {
      @Override
      MemberProcess join(String name, Clients clients, String group) {
        Peer.requirePython("kafka");
        return MemberProcess.script(
            name, Peer.PYTHON, PYTHON.resolve("consume.py"), clients, group, group);
      }
    };

    /** Starts a member of the group, which reads the topic of the same name by "range". */
    abstract MemberProcess join(String name, Clients clients, String group);
  }

  private BrokerProcess broker;
  private Clients clients;

  @BeforeAll
  void start(@TempDir Path dir) {
    broker = BrokerProcess.start(dir, GroupsIT.PROMPT);
    clients = new Clients(broker);
  }

  @AfterAll
  void stop() {
    clients.close();
    broker.close();
  }

  @ParameterizedTest
  @EnumSource
  void shouldShareTheWork(Family family) throws Exception {
    String group = "peers-" + family;
    clients.createTopic(group, 4);
    Numbers.produce(clients, group, 4, 0, 200);
    try (MemberProcess stays = family.join("stays", clients, group);
        MemberProcess dies = family.join("dies", clients, group)) {
      awaitShared(4, stays, dies);
      awaitNumbers(200, () -> union(stays, dies), stays, dies);

      dies.kill();
      Numbers.produce(clients, group, 4, 200, 300);
      awaitNumbers(300, () -> union(stays, dies), stays);
      awaitShared(4, stays);
      try (MemberProcess joins = family.join("joins", clients, group)) {
        awaitShared(4, stays, joins);
        joins.stop();
        awaitShared(4, stays);
      }
      Numbers.assertAllBelow(300, union(stays, dies));
      Await.until("all is committed", Clients.PATIENCE, () -> clients.committedInAll(group) == 300);

      // A new member begins where they have left off.
      stays.stop();
      Numbers.produce(clients, group, 4, 300, 304);
      try (MemberProcess next = family.join("next", clients, group)) {
        awaitNumbers(4, next::numbers, next);
        assertThat(next.numbers()).containsExactlyInAnyOrder(300, 301, 302, 303);
      }
    }
  }

  @Test
  void shouldReplaceAMemberThatStandsStill() throws Exception {
    clients.createTopic("still", 4);
    try (MemberProcess moves = Family.KCAT.join("moves", clients, "still");
        MemberProcess still = Family.KCAT.join("still", clients, "still")) {
      awaitShared(4, moves, still);

      still.pause();
      try {
        Numbers.produce(clients, "still", 4, 0, 40);
        Await.until(
            () -> "the other takes over: " + moves.tail(),
            SESSION.plus(BUSY_MACHINE),
            () -> moves.numbers().size() == 40);
      } finally {
        still.resume();
      }

      awaitShared(4, moves, still);
    }
  }

  @Test
  void shouldMixTheFamiliesInOneGroup() throws Exception {
    clients.createTopic("mixed", 8);
    Numbers.produce(clients, "mixed", 8, 0, 400);
    List<MemberProcess> peers = new ArrayList<>();
    try (ConsumerGroup java =
        new ConsumerGroup(
            clients,
            "mixed",
            Map.of(
                "partition.assignment.strategy",
                RangeAssignor.class.getName(),
                "session.timeout.ms",
                (int) SESSION.toMillis()))) {
      GroupMember member = java.join("java", "mixed");
      for (Family family : Family.values()) {
        peers.add(family.join("" + family, clients, "mixed"));
      }
      MemberProcess[] all = peers.toArray(MemberProcess[]::new);
      awaitSharedWith(member, 8, all);
      Numbers.produce(clients, "mixed", 8, 400, 800);
      awaitNumbers(800, () -> withJava(java, all), all);
      assertDisjoint("mixed", 8, 4);

      // Java, which has led so far, leaves; another family leads.
      member.leave();
      awaitShared(8, all);
      Numbers.produce(clients, "mixed", 8, 800, 1_000);
      awaitNumbers(1_000, () -> withJava(java, all), all);
      assertDisjoint("mixed", 8, 3);

      Numbers.assertAllBelow(1_000, withJava(java, all));
      for (MemberProcess peer : peers) {
        peer.claim(java.ownership(), "mixed");
      }
      java.assertInOrder();
    } finally {
      peers.forEach(MemberProcess::close);
    }
  }

  @Test
  void shouldRebalanceJavaAndKcatCooperatively() throws Exception {
    clients.createTopic("cooperative", 6);
    Map<String, Object> config =
        Map.of(
            "session.timeout.ms",
            (int) SESSION.toMillis(),
            "heartbeat.interval.ms",
            200,
            "auto.offset.reset",
            "earliest",
            "partition.assignment.strategy",
            "cooperative-sticky");
    Map<String, Object> ofJava = new HashMap<>(config);
    ofJava.put("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
    try (ConsumerGroup java = new ConsumerGroup(clients, "cooperative", ofJava)) {
      GroupMember member = java.join("java", "cooperative");
      java.awaitBalanced(6);
      try (MemberProcess kcat =
          MemberProcess.kcat("kcat", clients, "cooperative", "cooperative", config)) {
        Await.until(kcat::tail, Clients.PATIENCE, () -> member.owned().size() == 3);
        assertThat(member.given()).hasSize(3);
        Numbers.produce(clients, "cooperative", 6, 0, 300);
        awaitNumbers(300, () -> withJava(java, kcat), kcat);
        assertThat(kcat.numbers()).isNotEmpty();
        assertDisjoint("cooperative", 6, 2);

        kcat.kill();
        Numbers.produce(clients, "cooperative", 6, 300, 360);
        awaitNumbers(360, () -> withJava(java, kcat));
        assertThat(member.given()).hasSize(3);
        java.awaitBalanced(6);
        java.assertInOrder();
      }
    }
  }

  @Test
  void shouldDeliverWhatPythonProduces() throws Exception {
    Peer.requirePython("kafka");
    clients.createTopic("python", 2);

    assertThat(
            Peer.run(
                    "",
                    List.of(
                        Peer.PYTHON,
                        PYTHON.resolve("produce.py").toString(),
                        broker.bootstrap(),
                        "python",
                        "2",
                        "0",
                        "500"))
                .succeeded()
                .lines())
        .containsExactly("1 249");

    assertThat(clients.consumeAll("python", Map.of("check.crcs", true)))
        .hasSize(500)
        .allSatisfy(
            record ->
                assertThat(JavaClientIT.text(record.value()))
                    .isEqualTo("" + (2 * record.offset() + record.partition())));
  }

  private static Set<Integer> union(MemberProcess... members) {
    return List.of(members).stream()
        .flatMap(member -> member.numbers().stream())
        .collect(Collectors.toSet());
  }

  private static Set<Integer> withJava(ConsumerGroup java, MemberProcess... members) {
    Set<Integer> all = new HashSet<>(java.numbers());
    all.addAll(union(members));
    return all;
  }

  private static void awaitNumbers(
      int count, Supplier<Set<Integer>> numbers, MemberProcess... members) {
    Await.until(
        () -> count + " numbers read, so far " + numbers.get().size() + tails(members),
        SESSION.plus(BUSY_MACHINE),
        () -> {
          List.of(members).forEach(MemberProcess::assertAlive);
          return numbers.get().size() >= count;
        });
  }

  /** Waits until the members, and nobody else, own all partitions. */
  private static void awaitShared(int partitions, MemberProcess... members) {
    Await.until(
        () -> partitions + " partitions shared by" + tails(members),
        SESSION.plus(BUSY_MACHINE),
        () -> isShared(partitions, Set.of(), members));
  }

  private static void awaitSharedWith(GroupMember java, int partitions, MemberProcess... members) {
    Await.until(
        () -> partitions + " partitions shared by Java: " + java.owned() + tails(members),
        SESSION.plus(BUSY_MACHINE),
        () ->
            !java.owned().isEmpty()
                && isShared(
                    partitions,
                    java.owned().stream()
                        .map(TopicPartition::partition)
                        .collect(Collectors.toSet()),
                    members));
  }

  private static boolean isShared(int partitions, Set<Integer> ofOthers, MemberProcess... members) {
    Set<Integer> all = new HashSet<>(ofOthers);
    int sum = ofOthers.size();
    for (MemberProcess member : members) {
      member.assertAlive();
      Set<Integer> owned = member.owned();
      if (owned.isEmpty()) {
        return false;
      }
      all.addAll(owned);
      sum += owned.size();
    }
    return sum == partitions && all.size() == partitions;
  }

  private static String tails(MemberProcess... members) {
    return List.of(members).stream()
        .map(MemberProcess::tail)
        .collect(Collectors.joining("\n", "\n", ""));
  }

  /** What the coordinator says: the group is stable and each partition has one owner. */
  private void assertDisjoint(String group, int partitions, int members) {
    ConsumerGroupDescription described = clients.describeGroup(group);
    assertThat(described.groupState()).isEqualTo(GroupState.STABLE);
    assertThat(described.members()).hasSize(members);
    assertThat(
            described.members().stream()
                .flatMap(member -> member.assignment().topicPartitions().stream())
                .toList())
        .doesNotHaveDuplicates()
        .hasSize(partitions);
  }
}
