package io.millrace.coordinator.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.simulation.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Members that come, go, die, restart and are slow, a coordinator that restarts and whose log
 * refuses, and strangers who send nonsense: what must hold after everything that happens, and that
 * the group comes to rest when all that stops.
 */
class ClassicGroupModelTest {
  private static final int STEPS = 400;
  private static final int DELAY_MS = 1_000;

  /** A rebalance, and the session of static members that are away, perhaps begun anew by it. */
  private static final long LONGEST_JOIN_MS =
      2L * SimulatedMember.REBALANCE_MS + 2L * SimulatedMember.SESSION_MS;

  static List<Long> seeds() {
    List<Long> seeds = new ArrayList<>();
    String one = System.getProperty("seed");
    if (one != null) {
      return List.of(Long.parseLong(one));
    }
    for (long seed = 1; seed <= Long.getLong("seeds", 200); seed++) {
      seeds.add(seed);
    }
    return seeds;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void shouldKeepItsPromisesWhateverHappens(long seed) {
    new Run(seed).run();
  }

  private static final class Run {
    private final Random random;
    private final ClassicFixture shard =
        new ClassicFixture(new ClassicGroupConfig(DELAY_MS, 1, 100_000, 100));
    private final Map<String, Map<String, String>> sent = new HashMap<>();
    private final List<SimulatedMember> members = new ArrayList<>();
    private final Map<Integer, Map<String, String>> assigned = new HashMap<>();
    private final Map<Integer, String> leaders = new HashMap<>();
    private int recordsChecked;
    private String last = "";

    Run(long seed) {
      random = Seeds.random(seed);
      int count = 1 + random.nextInt(6);
      for (int i = 0; i < count; i++) {
        String instance = random.nextInt(3) == 0 ? "s" + i : null;
        members.add(new SimulatedMember(shard, sent, "m" + i, instance));
      }
    }

    void run() {
      for (int i = 0; i < STEPS; i++) {
        happen();
        check();
      }
      comeToRest();
    }

    private void happen() {
      SimulatedMember member = members.get(random.nextInt(members.size()));
      int what = random.nextInt(100);
      last = what + " " + member;
      if (what < 60) {
        member.step();
      } else if (what < 80) {
        shard.advance(random.nextInt(what < 62 ? 7_000 : 600));
      } else if (what < 83) {
        member.die();
      } else if (what < 89) {
        member.start();
      } else if (what < 91) {
        member.leave();
      } else if (what < 93) {
        member.change();
      } else if (what < 95) {
        shard.reload();
        leaders.clear();
      } else if (what < 96) {
        shard.refuseNext(Errors.COORDINATOR_NOT_AVAILABLE);
      } else {
        nonsense(member);
      }
    }

    /** Requests of strangers, and of members of another time. */
    private void nonsense(SimulatedMember member) {
      boolean stranger = random.nextBoolean();
      String memberId = stranger ? "stranger-1" : member.memberId;
      int generation = member.generation + (stranger ? 0 : 1_000);
      switch (random.nextInt(4)) {
        case 0 ->
            shard.<HeartbeatResponseData>ask(
                reply ->
                    shard.classic.heartbeat(
                        new HeartbeatRequestData()
                            .setGroupId(SimulatedMember.GROUP)
                            .setMemberId(memberId)
                            .setGenerationId(generation),
                        reply));
        case 1 -> {
          SyncGroupRequestData request =
              new SyncGroupRequestData()
                  .setGroupId(SimulatedMember.GROUP)
                  .setMemberId(memberId)
                  .setGenerationId(generation);
          request
              .assignments()
              .add(
                  new SyncGroupRequestAssignment()
                      .setMemberId(member.memberId)
                      .setAssignment(new byte[] {'9'}));
          shard.<SyncGroupResponseData>ask(reply -> shard.classic.sync(request, reply));
        }
        case 2 -> {
          LeaveGroupRequestData request =
              new LeaveGroupRequestData().setGroupId(SimulatedMember.GROUP);
          request.members().add(new MemberIdentity().setMemberId("stranger-2"));
          shard.<LeaveGroupResponseData>ask(reply -> shard.classic.leave(request, reply));
        }
        default ->
            shard.<JoinGroupResponseData>ask(
                reply ->
                    shard.classic.join(
                        new JoinGroupRequestData()
                            .setGroupId(SimulatedMember.GROUP)
                            .setMemberId("stranger-3")
                            .setProtocolType("other")
                            .setSessionTimeoutMs(5_000)
                            .setRebalanceTimeoutMs(5_000),
                        new ClientId("c", "/c", ClassicFixture.VERSION),
                        reply));
      }
    }

    // ---- what must hold

    private void check() {
      checkRecords();
      checkOwnership();
      checkWaiting();
      ClassicGroup group = shard.group(SimulatedMember.GROUP);
      if (group != null) {
        checkGroup(group);
        checkReplay(group);
      }
    }

    /** What is stored is what the leader of the generation sent, for the members it has. */
    private void checkRecords() {
      List<CoordinatorRecord> fresh = shard.log().subList(recordsChecked, shard.log().size());
      for (CoordinatorRecord record : fresh) {
        GroupMetadataValue value = (GroupMetadataValue) record.value();
        if (value.members().isEmpty()) {
          continue;
        }
        Map<String, String> stored = new TreeMap<>();
        value
            .members()
            .forEach(
                one ->
                    stored.put(
                        one.memberId(), new String(one.assignment(), StandardCharsets.UTF_8)));
        Map<String, String> before = assigned.put(value.generation(), stored);
        if (before != null) {
          // A static member's successor: it has what the predecessor had.
          assertThat(stored.values()).as(last).containsExactlyInAnyOrderElementsOf(before.values());
          continue;
        }
        Map<String, String> wanted = sent.get(value.generation() + " " + value.leader());
        assertThat(wanted).as("%s: sent by the leader %s", last, value.leader()).isNotNull();
        stored.forEach(
            (member, what) -> assertThat(what).as(last).isEqualTo(wanted.getOrDefault(member, "")));
      }
      recordsChecked = shard.log().size();
    }

    private void checkOwnership() {
      Map<Integer, Set<Integer>> owned = new HashMap<>();
      for (SimulatedMember member : members) {
        if (member.isRunning()) {
          Set<Integer> inGeneration =
              owned.computeIfAbsent(member.generation, key -> new HashSet<>());
          for (int partition : member.owned) {
            assertThat(inGeneration.add(partition))
                .as("%s: one owner of %d in generation %d", last, partition, member.generation)
                .isTrue();
          }
        }
      }
    }

    private void checkWaiting() {
      for (SimulatedMember member : members) {
        long waits = shard.nowMs() - member.waitsSinceMs;
        if (member.waitsForJoin()) {
          assertThat(waits).as("%s: %s", last, member).isLessThanOrEqualTo(LONGEST_JOIN_MS);
        } else if (member.waitsForSync()) {
          assertThat(waits)
              .as("%s: %s", last, member)
              .isLessThanOrEqualTo(SimulatedMember.REBALANCE_MS);
        }
      }
    }

    private void checkGroup(ClassicGroup group) {
      ClassicMembers all = group.members();
      assertThat(all.awaitingJoin())
          .as(last)
          .isEqualTo(all.which(ClassicMember::awaitsJoin).size());
      assertThat(all.all())
          .as("%s: static members once each", last)
          .filteredOn(ClassicMember::isStatic)
          .allSatisfy(one -> assertThat(all.staticId(one.groupInstanceId())).isEqualTo(one.id()));
      if (group.is(ClassicState.EMPTY)) {
        assertThat(all.isEmpty()).as(last).isTrue();
      }
      if (group.is(ClassicState.COMPLETING_REBALANCE) || group.is(ClassicState.STABLE)) {
        assertThat(all.has(group.leaderId())).as("%s: a leader", last).isTrue();
        assertThat(all.awaitingJoin()).as(last).isZero();
        String before = leaders.putIfAbsent(group.generation(), group.leaderId());
        if (before != null && !isStatic(group, group.leaderId())) {
          assertThat(group.leaderId()).as("%s: one leader", last).isEqualTo(before);
        }
      }
      if (!group.is(ClassicState.COMPLETING_REBALANCE)) {
        assertThat(all.which(ClassicMember::awaitsSync)).as(last).isEmpty();
      }
    }

    private static boolean isStatic(ClassicGroup group, String memberId) {
      return group.members().get(memberId).isStatic();
    }

    /** A restart would bring back the same group, or the last stable or empty one. */
    private void checkReplay(ClassicGroup group) {
      ClassicGroup again = (ClassicGroup) shard.reread().get(SimulatedMember.GROUP);
      assertThat(again.generation()).as(last).isLessThanOrEqualTo(group.generation());
      if (group.is(ClassicState.STABLE) || group.is(ClassicState.EMPTY)) {
        assertThat(again.state()).as(last).isEqualTo(group.state());
        assertThat(again.generation()).as(last).isEqualTo(group.generation());
        assertThat(again.leaderId()).as(last).isEqualTo(group.leaderId());
        assertThat(again.protocolName()).as(last).isEqualTo(group.protocolName());
        assertThat(assignments(again)).as(last).isEqualTo(assignments(group));
      }
    }

    private static Map<String, String> assignments(ClassicGroup group) {
      Map<String, String> assignments = new TreeMap<>();
      group
          .members()
          .all()
          .forEach(
              one ->
                  assignments.put(one.id(), new String(one.assignment(), StandardCharsets.UTF_8)));
      return assignments;
    }

    // ---- and in the end

    private void comeToRest() {
      last = "at rest";
      shard.refuseNext(Errors.NONE);
      for (int second = 0; second < 60; second++) {
        for (SimulatedMember member : members) {
          member.step();
          member.step();
          check();
        }
        shard.advance(1_000);
        check();
      }
      List<SimulatedMember> alive = members.stream().filter(one -> one.alive).toList();
      ClassicGroup group = shard.group(SimulatedMember.GROUP);
      if (alive.isEmpty()) {
        assertThat(group == null || group.isEmpty()).isTrue();
        return;
      }
      assertThat(group.state()).as("%s", members).isEqualTo("Stable");
      Set<Integer> owned = new HashSet<>();
      for (SimulatedMember member : alive) {
        assertThat(member.isRunning()).as("%s", members).isTrue();
        assertThat(member.generation).isEqualTo(group.generation());
        owned.addAll(member.owned);
      }
      assertThat(owned).hasSize(SimulatedMember.PARTITIONS);
      assertThat(group.members().size()).as("%s", members).isEqualTo(alive.size());
    }
  }
}
