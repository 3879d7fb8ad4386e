package io.millrace.coordinator.group.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.group.ShardFixture.Awaited;
import io.millrace.simulation.Seeds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Consumer groups against simulated members that come, go, die, are slow, lose answers and change
 * their minds, over topics that come and go, and a coordinator that restarts. Invariants: a
 * partition is never owned by two, epochs never go back, the log alone gives the same state, and
 * when all is quiet everything is owned.
 */
class ConsumerGroupModelTest {
  private static final int SEEDS = 60;
  private static final int STEPS = 250;

  @TestFactory
  Stream<DynamicTest> shouldKeepTheInvariants() {
    return IntStream.range(0, SEEDS)
        .mapToObj(seed -> DynamicTest.dynamicTest("seed " + seed, () -> new World(seed).run()));
  }

  private static final class World {
    private final Random random;
    private final ConsumerFixture shard;
    private final List<SimulatedConsumer> members = new ArrayList<>();
    private final Map<String, Integer> topics = new TreeMap<>();
    private final Map<String, Integer> epochs = new HashMap<>();
    private int groupEpoch;
    private int targetEpoch;
    private int ids;

    World(int seed) {
      random = Seeds.random(seed);
      shard =
          new ConsumerFixture(
              ConsumerFixture.config(random.nextBoolean() ? 0 : 1_000, 6), this::check);
    }

    void run() {
      topics.put("a", 4);
      topics.put("b", 3);
      shard.topics(topics);
      for (int step = 0; step < STEPS; step++) {
        step();
      }
      settle();
      compareWithLog();
    }

    private void step() {
      int dice = random.nextInt(100);
      if (dice < 10 && members.size() < 8) {
        join();
      } else if (dice < 14 && !members.isEmpty()) {
        leave(pick());
      } else if (dice < 16 && !members.isEmpty()) {
        // Dead, and nobody hears of it.
        members.remove(pick());
      } else if (dice < 19 && !members.isEmpty()) {
        SimulatedConsumer member = pick();
        subscribe(member);
        member.subscriptionChanged = true;
      } else if (dice < 24) {
        changeTopics();
      } else if (dice < 26) {
        compareWithLog();
        shard.reload();
      } else if (dice < 30) {
        shard.advance(random.nextInt(2_000));
      } else if (dice < 31) {
        shard.refuseNext(Errors.NOT_COORDINATOR);
      }
      beatAll(4_000);
    }

    private SimulatedConsumer pick() {
      return members.get(random.nextInt(members.size()));
    }

    private void join() {
      boolean isStatic = random.nextInt(4) == 0;
      SimulatedConsumer member =
          new SimulatedConsumer("m" + ids++, isStatic ? "i" + random.nextInt(2) : null);
      if (isStatic && members.stream().anyMatch(one -> member.instanceId.equals(one.instanceId))) {
        return;
      }
      subscribe(member);
      members.add(member);
    }

    private void subscribe(SimulatedConsumer member) {
      member.names.clear();
      member.regex = random.nextInt(3) == 0 ? "[a-c]" : "";
      for (String name : List.of("a", "b", "c", "d")) {
        if (random.nextInt(3) > 0) {
          member.names.add(name);
        }
      }
    }

    private void leave(SimulatedConsumer member) {
      members.remove(member);
      boolean forAWhile = member.instanceId != null && random.nextBoolean();
      member.owned.clear();
      shard.beat(member.leave(forAWhile ? -2 : -1), 1);
    }

    private void changeTopics() {
      String name = List.of("a", "b", "c", "d").get(random.nextInt(4));
      if (random.nextInt(4) == 0) {
        topics.remove(name);
      } else {
        topics.merge(name, 2, Integer::sum);
      }
      shard.topics(topics);
    }

    private void beatAll(int ms) {
      for (SimulatedConsumer member : members) {
        Awaited<ConsumerGroupHeartbeatResponseData> answer = shard.beat(member.request(), 1);
        if (answer.failure() != null || random.nextInt(12) == 0) {
          member.onNoAnswer();
        } else {
          member.on(answer.value());
        }
        member.reconcile(random);
        check();
      }
      shard.advance(ms / 2 + random.nextInt(ms / 2));
    }

    /** Nothing changes any more, until everybody has what it is to have. */
    private void settle() {
      for (int i = 0; i < 80; i++) {
        beatAll(4_000);
      }
      ConsumerGroup group = shard.group(ConsumerFixture.GROUP);
      if (group == null || group.isEmpty()) {
        return;
      }
      assertThat(group.state()).isEqualTo("Stable");
      assertThat(shard.group(ConsumerFixture.GROUP).members())
          .extracting(ConsumerMember::id)
          .isSubsetOf(members.stream().map(one -> one.id).toList());
      Set<String> owned = new HashSet<>();
      for (SimulatedConsumer member : members) {
        if (group.member(member.id) == null) {
          // The group is full, or its instance is somebody else's.
          continue;
        }
        member.owned.forEach((id, of) -> of.forEach(p -> owned.add(name(id) + p)));
      }
      Set<String> wanted = new HashSet<>();
      for (String name : group.subscribedNames()) {
        for (int i = 0; i < topics.getOrDefault(name, 0); i++) {
          wanted.add(name + i);
        }
      }
      assertThat(owned).isEqualTo(wanted);
    }

    private String name(Uuid id) {
      return shard.image.topics().stream()
          .filter(topic -> TopicsView.uuid(topic.id()).equals(id))
          .findFirst()
          .orElseThrow()
          .name();
    }

    private void check() {
      if (shard == null) {
        return;
      }
      Set<String> byClients = new HashSet<>();
      for (SimulatedConsumer member : members) {
        member.owned.forEach(
            (id, of) ->
                of.forEach(p -> assertThat(byClients.add(id + "-" + p)).as(id + "-" + p).isTrue()));
      }
      ConsumerGroup group = shard.group(ConsumerFixture.GROUP);
      if (group == null) {
        return;
      }
      Set<String> byMembers = new HashSet<>();
      for (ConsumerMember member : group.members()) {
        for (var partitions : List.of(member.current().assigned(), member.current().revoking())) {
          partitions.forEach(
              (id, of) ->
                  of.keySet()
                      .forEach(
                          p -> {
                            assertThat(byMembers.add(id + "-" + p)).isTrue();
                            assertThat(group.owner(id, p)).isEqualTo(member.id());
                          }));
        }
        if (member.epoch() >= 0) {
          int before = epochs.getOrDefault(member.id(), 0);
          assertThat(member.epoch()).isGreaterThanOrEqualTo(before);
          epochs.put(member.id(), member.epoch());
          assertThat(member.epoch()).isLessThanOrEqualTo(group.targetEpoch());
        }
      }
      assertThat(group.epoch()).isGreaterThanOrEqualTo(groupEpoch);
      assertThat(group.targetEpoch()).isBetween(targetEpoch, group.epoch());
      groupEpoch = group.epoch();
      targetEpoch = group.targetEpoch();
    }

    private void compareWithLog() {
      ConsumerGroup group = shard.group(ConsumerFixture.GROUP);
      if (group != null) {
        assertThat(text(shard.reread(ConsumerFixture.GROUP))).isEqualTo(text(group));
      }
    }

    private static String text(ConsumerGroup group) {
      StringBuilder text = new StringBuilder();
      text.append(group.epoch()).append(' ').append(group.metadataHash());
      text.append(' ').append(group.targetEpoch()).append(' ').append(group.targetTimestampMs());
      text.append(' ').append(group.regexes()).append('\n');
      for (ConsumerMember member : group.members()) {
        Map<Uuid, SortedSet<Integer>> target = group.target(member.id());
        text.append(member).append(' ').append(target).append('\n');
      }
      return text.toString();
    }
  }
}
