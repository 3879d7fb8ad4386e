package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kill -9 of members, of the leader among them and of the node, in turn, again and again, in both
 * protocols: no partition has two owners in one generation or epoch, no committed offset goes back,
 * every record is processed, and nobody waits longer than for the session of the dead. How often:
 * {@code -Dit.kills=…}.
 */
@Timeout(1_800)
class GroupKillIT {
  private static final int KILLS = Integer.getInteger("it.kills", 4);
  private static final int PARTITIONS = 6;
  private static final int MEMBERS = 3;
  private static final int PER_ROUND = 300;
  private static final Duration SESSION = Duration.ofSeconds(3);
  private static final Duration BUSY_MACHINE = Duration.ofSeconds(20);
  private static final String GROUP = "killed";

  private final List<MemberProcess> all = new ArrayList<>();
  private final List<MemberProcess> alive = new ArrayList<>();

  /** Who is killed at once. */
  private record Victims(boolean node, boolean member, boolean leader) {}

  private Map<String, ?> settings;

  @Test
  void shouldKeepItsPromises(@TempDir Path dir) throws Exception {
    settings =
        Map.of(
            "session.timeout.ms",
            SESSION.toMillis(),
            "partition.assignment.strategy",
            JavaMember.TellingCooperative.class.getName());
    IntFunction<Victims> victims =
        kill ->
            switch (kill % 4) {
              case 0 -> new Victims(false, true, false);
              case 1 -> new Victims(true, false, false);
              case 2 -> new Victims(false, false, true);
              default -> new Victims(true, false, true);
            };
    killInTurn(KILLS, victims, GroupsIT.PROMPT, dir);
  }

  @Test
  void shouldKeepItsPromisesInTheConsumerProtocol(@TempDir Path dir) throws Exception {
    settings = Map.of("group.protocol", "consumer");
    Map<String, String> ofNode = new HashMap<>(ConsumerGroupsIT.PROMPT);
    ofNode.put("group.consumer.session.timeout.ms", Long.toString(SESSION.toMillis()));
    // Nobody leads: half as many turns kill in as many ways.
    killInTurn((KILLS + 1) / 2, kill -> new Victims(kill % 2 == 1, true, false), ofNode, dir);
  }

  private void killInTurn(
      int kills, IntFunction<Victims> victims, Map<String, String> ofNode, Path dir)
      throws Exception {
    long seed = Long.getLong("it.seed", System.nanoTime());
    System.out.println("GroupKillIT: " + kills + " kills, -Dit.seed=" + seed);
    Random random = new Random(seed);
    try (BrokerProcess broker = BrokerProcess.start(dir, ofNode);
        Clients clients = new Clients(broker);
        KafkaProducer<byte[], byte[]> producer =
            clients.producer(Map.of("delivery.timeout.ms", 120_000, "retry.backoff.ms", 20));
        OffsetWatch watch = new OffsetWatch(clients, GROUP)) {
      clients.createTopic(GROUP, PARTITIONS);
      for (int i = 0; i < MEMBERS; i++) {
        join(clients);
      }
      awaitShared(Clients.PATIENCE);
      int produced = 0;
      for (int kill = 0; kill < kills; kill++) {
        List<CompletableFuture<RecordMetadata>> acks =
            send(producer, produced, produced + PER_ROUND);
        produced += PER_ROUND;
        awaitRead(random.nextInt(produced), Clients.PATIENCE);
        Victims next = victims.apply(kill);
        if (next.member() || next.leader()) {
          killMember(next.leader());
        }
        if (next.node()) {
          broker.kill();
          broker.startAndAwaitReady();
        }
        for (CompletableFuture<RecordMetadata> ack : acks) {
          Clients.await(ack);
        }
        // The others do it alone, and no later than the session of the dead is over.
        awaitRead(produced, SESSION.plus(BUSY_MACHINE));
        while (alive.size() < MEMBERS) {
          join(clients);
        }
        awaitShared(SESSION.plus(BUSY_MACHINE));
        assertInvariants(watch);
      }
      int everything = produced;
      Await.until("all is committed", Clients.PATIENCE, () -> watch.sum() == everything);
      watch.awaitAnswer();
      assertInvariants(watch);
    } finally {
      all.forEach(MemberProcess::close);
    }
  }

  private void join(Clients clients) {
    MemberProcess member =
        MemberProcess.java("member-" + all.size(), clients, GROUP, GROUP, settings);
    all.add(member);
    alive.add(member);
  }

  /**
   * Kills one.
   *
   * @param leader the one that assigned; in the consumer protocol nobody does, and it is any
   */
  private void killMember(boolean leader) {
    MemberProcess ofLast =
        alive.stream().max(Comparator.comparingInt(MemberProcess::ledGeneration)).orElseThrow();
    MemberProcess victim =
        leader ? ofLast : alive.stream().filter(m -> m != ofLast).findFirst().orElseThrow();
    alive.remove(victim);
    victim.kill();
  }

  private static List<CompletableFuture<RecordMetadata>> send(
      KafkaProducer<byte[], byte[]> producer, int from, int toExclusive) {
    List<CompletableFuture<RecordMetadata>> acks = new ArrayList<>();
    for (ProducerRecord<byte[], byte[]> record :
        Numbers.records(GROUP, PARTITIONS, from, toExclusive)) {
      acks.add(Clients.send(producer, record));
    }
    return acks;
  }

  /** What anybody has read, the dead included. */
  private Set<Integer> numbers() {
    return all.stream().flatMap(m -> m.numbers().stream()).collect(Collectors.toSet());
  }

  private void awaitRead(int count, Duration within) {
    Await.until(
        () -> count + " numbers read: " + tails(),
        within,
        () -> {
          alive.forEach(MemberProcess::assertAlive);
          return numbers().size() >= count;
        });
  }

  private void awaitShared(Duration within) {
    Await.until(
        () -> "the partitions are shared: " + tails(),
        within,
        () -> {
          alive.forEach(MemberProcess::assertAlive);
          Set<Integer> union = new HashSet<>();
          alive.forEach(m -> union.addAll(m.owned()));
          return union.size() == PARTITIONS
              && alive.stream().allMatch(m -> m.owned().size() == PARTITIONS / MEMBERS);
        });
  }

  private String tails() {
    return alive.stream().map(MemberProcess::tail).collect(Collectors.joining("\n"));
  }

  private void assertInvariants(OffsetWatch watch) {
    Ownership ownership = new Ownership();
    all.forEach(member -> member.claim(ownership, GROUP));
    ownership.assertSingle();
    watch.assertNeverBack();
    for (MemberProcess member : all) {
      for (MemberProcess.Read read : member.records()) {
        assertThat(read.number() % PARTITIONS).as("%s", read).isEqualTo(read.partition());
      }
    }
  }
}
