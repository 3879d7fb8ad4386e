package io.millrace.quorum;

import static io.millrace.quorum.QuorumCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.SystemFileIo;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumCluster.Node;
import io.millrace.quorum.state.QuorumRules.Role;
import io.millrace.quorum.state.QuorumTiming;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several replicas on real files, with everything between rules and disk. */
class QuorumClusterTest {
  @TempDir Path temp;
  private QuorumCluster cluster;

  @BeforeEach
  void build() {
    cluster = new QuorumCluster(temp);
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  private static Errors failureOf(Future<?> future) {
    await(future.otherwiseEmpty());
    assertThat(future.cause()).isInstanceOf(QuorumException.class);
    return ((QuorumException) future.cause()).error();
  }

  private void assertSameEverywhere(int... nodeIds) {
    for (int nodeId : nodeIds) {
      assertThat(cluster.node(nodeId).state()).isEqualTo(cluster.node(nodeIds[0]).state());
    }
  }

  @Test
  void shouldElectOneLeaderThatEverybodyKnows() throws IOException {
    cluster.startVoters(1, 2, 3);
    Node leader = cluster.awaitLeader();
    for (int nodeId = 1; nodeId <= 3; nodeId++) {
      Node node = cluster.node(nodeId);
      cluster.await("the leader is known", () -> node.knownLeader == leader.nodeId);
    }
    assertThat(leader.quorum.status().role()).isEqualTo(Role.LEADER);
  }

  @Test
  void shouldTellEveryReplicaWhatIsCommitted() throws IOException {
    cluster.form(1, 2, 3);
    cluster.start(4);
    for (int i = 0; i < 50; i++) {
      cluster.commit("feature-" + i, i);
    }
    cluster.awaitEverywhere("feature-49", 49);
    assertSameEverywhere(1, 2, 3, 4);
    assertThat(cluster.node(4).quorum.status().role()).isEqualTo(Role.LEARNER);
  }

  @Test
  void shouldRefuseProposalsOfWhoDoesNotLead() throws IOException {
    cluster.form(1, 2, 3);
    Node follower = cluster.anyFollower();
    assertThat(failureOf(follower.quorum.propose(1, Quorum.ANYWHERE, List.of(new Feature("a", 1)))))
        .isEqualTo(Errors.NOT_CONTROLLER);
    Node leader = cluster.awaitLeader();
    assertThat(
            failureOf(
                leader.quorum.propose(
                    leader.lead + 1, Quorum.ANYWHERE, List.of(new Feature("a", 1)))))
        .isEqualTo(Errors.NOT_CONTROLLER);
  }

  @Test
  void shouldGoOnWhenTheLeaderDies() throws IOException {
    cluster.form(1, 2, 3);
    cluster.commit("before", 1);
    int dead = cluster.awaitLeader().nodeId;
    cluster.kill(dead);
    cluster.commit("after", 2);
    cluster.start(dead);
    cluster.awaitEverywhere("after", 2);
    assertSameEverywhere(1, 2, 3);
  }

  @Test
  void shouldElectAtOnceWhomTheMembershipNominates() throws IOException {
    cluster.form(1, 2, 3);
    cluster.commit("before", 1);
    cluster.awaitEverywhere("before", 1);
    int dead = cluster.awaitLeader().nodeId;
    int nominee = dead == 1 ? 2 : 1;
    cluster.kill(dead);
    for (int nodeId = 1; nodeId <= 3; nodeId++) {
      if (nodeId != dead) {
        cluster.node(nodeId).quorum.onMemberGone(dead);
        cluster.node(nodeId).quorum.nominate(nodeId == nominee);
      }
    }
    assertThat(cluster.awaitLeader().nodeId).isEqualTo(nominee);
  }

  @Test
  void shouldAcknowledgeNothingInAMinority() throws IOException {
    cluster.form(1, 2, 3);
    cluster.commit("before", 1);
    Node old = cluster.awaitLeader();
    cluster.isolate(old.nodeId);
    Future<Long> lost = old.propose("lost", 1);
    assertThat(failureOf(lost)).isEqualTo(Errors.NOT_CONTROLLER);
    cluster.awaitOtherLeaderThan(old.nodeId);
    cluster.commit("kept", 2);
    cluster.heal();
    cluster.awaitEverywhere("kept", 2);
    assertSameEverywhere(1, 2, 3);
    assertThat(old.state()).doesNotContainKey("lost");
  }

  @Test
  void shouldStartFromItsOwnCopyWithoutALeader() throws IOException {
    cluster.form(1, 2, 3);
    for (int i = 0; i < 20; i++) {
      cluster.commit("feature-" + i, i);
    }
    cluster.awaitEverywhere("feature-19", 19);
    cluster.stop(1);
    cluster.stop(2);
    cluster.stop(3);
    Node alone = cluster.start(2);
    assertThat(alone.state()).containsEntry("feature-19", 19);
    assertThat(alone.term).isZero();
  }

  @Test
  void shouldCatchUpByTheLog() throws IOException {
    cluster.form(1, 2, 3);
    int away = cluster.anyFollower().nodeId;
    cluster.kill(away);
    for (int i = 0; i < 200; i++) {
      cluster.commit("feature-" + i, i);
    }
    cluster.start(away);
    cluster.awaitEverywhere("feature-199", 199);
    assertThat(cluster.node(away).snapshotsHeard).isZero();
    assertSameEverywhere(1, 2, 3);
  }

  @Test
  void shouldDeliverGroupsWholeWhileItCatchesUp() throws IOException {
    // So few records go together that each message would end within a group.
    cluster.timing(new QuorumTiming(50, 600, 5_000, 100, 5, 1 << 20, 8, 10)).form(1, 2, 3);
    int away = cluster.anyFollower().nodeId;
    cluster.kill(away);
    Node leader = cluster.awaitLeader();
    List<Future<Long>> groups = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      groups.add(leader.proposeGroup(7, i));
    }
    groups.forEach(QuorumCluster::await);
    cluster.start(away);
    cluster.awaitEverywhere("part-6", 99);
    assertThat(cluster.node(away).snapshotsHeard).isZero();
    assertSameEverywhere(1, 2, 3);
  }

  @Test
  void shouldCatchUpByASnapshot() throws IOException {
    // With few entries in memory, a follower that is far behind cannot do without.
    cluster.timing(new QuorumTiming(50, 600, 5_000, 100, 5_000, 1 << 20, 8, 10));
    cluster.snapshotEvery(3_000).form(1, 2, 3);
    int away = cluster.anyFollower().nodeId;
    cluster.kill(away);
    for (int i = 0; i < 200; i++) {
      cluster.commit("feature-" + i, i);
    }
    Node leader = cluster.awaitLeader();
    cluster.await(
        "the log begins later",
        () -> !Files.exists(cluster.directory(leader.nodeId).resolve("00000000000000000000.log")));
    cluster.start(away);
    cluster.awaitEverywhere("feature-199", 199);
    assertThat(cluster.node(away).snapshotsHeard).isPositive();
    assertSameEverywhere(1, 2, 3);
    cluster.commit("after", 1);
    cluster.awaitEverywhere("after", 1);
    cluster.stop(away);
    assertThat(cluster.start(away).state()).containsEntry("feature-199", 199);
  }

  @Test
  void shouldTakeBackWhatNoMajorityHad() throws IOException {
    cluster.form(1, 2, 3);
    cluster.commit("before", 1);
    Node old = cluster.awaitLeader();
    cluster.isolate(old.nodeId);
    List<Future<Long>> lost = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      lost.add(old.propose("lost-" + i, 1));
    }
    lost.forEach(QuorumClusterTest::failureOf);
    cluster.awaitOtherLeaderThan(old.nodeId);
    cluster.commit("kept", 2);
    cluster.heal();
    cluster.awaitEverywhere("kept", 2);
    assertSameEverywhere(1, 2, 3);
    cluster.stop(old.nodeId);
    Node again = cluster.start(old.nodeId);
    assertThat(again.state()).containsEntry("kept", 2).doesNotContainKey("lost-0");
  }

  @Test
  void shouldHandOverWhenItStops() throws IOException {
    cluster.form(1, 2, 3);
    cluster.commit("before", 1);
    cluster.awaitEverywhere("before", 1);
    Node old = cluster.awaitLeader();
    int oldTerm = old.term;
    cluster.stop(old.nodeId);
    Node next = cluster.awaitLeader();
    assertThat(next.term).isEqualTo(oldTerm + 1);
  }

  @Test
  void shouldTransferTheLead() throws IOException {
    cluster.form(1, 2, 3);
    cluster.commit("before", 1);
    cluster.awaitEverywhere("before", 1);
    Node old = cluster.awaitLeader();
    int target = old.nodeId == 3 ? 1 : 3;
    await(old.quorum.transferLeadership(target));
    assertThat(cluster.awaitOtherLeaderThan(old.nodeId).nodeId).isEqualTo(target);
    assertThat(failureOf(old.quorum.transferLeadership(target))).isEqualTo(Errors.NOT_CONTROLLER);
  }

  @Test
  void shouldConfirmReads() throws IOException {
    cluster.form(1, 2, 3);
    long offset = cluster.commit("a", 1);
    Node leader = cluster.awaitLeader();
    assertThat(await(leader.quorum.readIndex())).isGreaterThan(offset);
    assertThat(failureOf(cluster.anyFollower().quorum.readIndex()))
        .isEqualTo(Errors.NOT_CONTROLLER);
    cluster.isolate(leader.nodeId);
    assertThat(failureOf(leader.quorum.readIndex())).isEqualTo(Errors.NOT_CONTROLLER);
  }

  @Test
  void shouldMakeALearnerAVoterAndTakeAVoteBack() throws IOException {
    cluster.form(1, 2, 3);
    cluster.commit("a", 1);
    cluster.start(4);
    cluster.awaitEverywhere("a", 1);
    Node leader = cluster.awaitLeader();
    VoterId four = cluster.id(4);
    cluster.await(
        "it is caught up",
        () -> {
          Future<Void> added = leader.quorum.addVoter(four);
          await(added.otherwiseEmpty());
          return added.succeeded();
        });
    assertThat(failureOf(leader.quorum.addVoter(four))).isEqualTo(Errors.DUPLICATE_VOTER);
    VoterId removed = cluster.id(cluster.anyFollower().nodeId == 4 ? leader.nodeId : 3);
    VoterId gone = removed.nodeId() == leader.nodeId ? cluster.id(leader.nodeId % 3 + 1) : removed;
    await(leader.quorum.removeVoter(gone));
    cluster.commit("b", 2);
    cluster.awaitEverywhere("b", 2);
    Node fourth = cluster.node(4);
    cluster.await("the voters are known", () -> fourth.voters().size() == 3);
    assertThat(fourth.voters()).contains(four).doesNotContain(gone);
    assertThat(failureOf(cluster.awaitLeader().quorum.removeVoter(gone)))
        .isEqualTo(Errors.VOTER_NOT_FOUND);
  }

  @Test
  void shouldNotReadmitAWipedVoter() throws IOException {
    cluster.form(1, 2, 3);
    cluster.commit("a", 1);
    Node follower = cluster.anyFollower();
    VoterId before = cluster.id(follower.nodeId);
    cluster.stop(follower.nodeId);
    cluster.wipe(follower.nodeId);
    Node wiped = cluster.start(follower.nodeId, SystemFileIo.INSTANCE, Set.of());
    cluster.awaitEverywhere("a", 1);
    assertThat(wiped.quorum.status().role()).isEqualTo(Role.LEARNER);
    assertThat(wiped.quorum.status().self()).isNotEqualTo(before);
    Node leader = cluster.awaitLeader();
    assertThat(failureOf(leader.quorum.addVoter(wiped.quorum.status().self())))
        .isEqualTo(Errors.DUPLICATE_VOTER);
    await(leader.quorum.removeVoter(before));
    await(leader.quorum.addVoter(wiped.quorum.status().self()));
    cluster.await("it votes", () -> wiped.quorum.status().role() == Role.FOLLOWER);
  }

  private Path log(int nodeId) {
    return cluster.directory(nodeId).resolve("00000000000000000000.log");
  }

  /** What is wrong with a node that goes on without a vote. */
  private void assertFollowsWithoutAVote(int nodeId, String problem) throws IOException {
    Node damaged = cluster.start(nodeId);
    assertThat(damaged.quorum.status().problem())
        .contains(problem)
        .contains("This node does not vote, and follows")
        .contains("remove the voter " + nodeId)
        .doesNotContain("does not start");
    assertThat(damaged.quorum.status().self()).isNotEqualTo(cluster.id(nodeId));
    cluster.commit("after", 2);
    cluster.awaitEverywhere("after", 2);
    assertSameEverywhere(1, 2, 3);
    assertThat(damaged.quorum.status().role()).isEqualTo(Role.LEARNER);
  }

  private int stopAFollower() throws IOException {
    cluster.form(1, 2, 3);
    for (int i = 0; i < 20; i++) {
      cluster.commit("feature-" + i, i);
    }
    cluster.awaitEverywhere("feature-19", 19);
    int nodeId = cluster.anyFollower().nodeId;
    cluster.stop(nodeId);
    return nodeId;
  }

  @Test
  void shouldNotVoteWithADamagedLog() throws IOException {
    int nodeId = stopAFollower();
    byte[] bytes = Files.readAllBytes(log(nodeId));
    bytes[200] ^= 1;
    Files.write(log(nodeId), bytes);
    assertFollowsWithoutAVote(nodeId, "is damaged");
    assertThat(Files.readAllBytes(log(nodeId))).isEqualTo(bytes);
  }

  @Test
  void shouldNotVoteWithoutItsVote() throws IOException {
    int nodeId = stopAFollower();
    Files.delete(cluster.directory(nodeId).resolve(HardStateFile.NAME));
    assertFollowsWithoutAVote(nodeId, HardStateFile.NAME);
  }

  @Test
  void shouldNotVoteWhenCommittedEntriesAreGone() throws IOException {
    int nodeId = stopAFollower();
    byte[] bytes = Files.readAllBytes(log(nodeId));
    Files.write(log(nodeId), Arrays.copyOf(bytes, bytes.length - 10));
    assertFollowsWithoutAVote(nodeId, "its end is damaged or missing");
  }

  @Test
  void shouldCutATornTailThatWasNotCommitted() throws IOException {
    int nodeId = stopAFollower();
    byte[] bytes = Files.readAllBytes(log(nodeId));
    Files.write(log(nodeId), Arrays.copyOf(bytes, bytes.length + 500));
    Node node = cluster.start(nodeId);
    assertThat(node.quorum.status().problem()).isNull();
    cluster.commit("after", 2);
    cluster.awaitEverywhere("after", 2);
  }

  @Test
  void shouldGoOnWhenAFollowersDiskIsFull() throws IOException {
    cluster.form(1, 2, 3);
    int nodeId = cluster.anyFollower().nodeId;
    cluster.stop(nodeId);
    UnsyncedLossIo io = new UnsyncedLossIo();
    Node node = cluster.start(nodeId, io);
    cluster.commit("before", 1);
    cluster.awaitEverywhere("before", 1);
    io.failNextWrite(10, new IOException("No space left on device"));
    for (int i = 0; i < 20; i++) {
      cluster.commit("feature-" + i, i);
    }
    cluster.awaitEverywhere("feature-19", 19);
    assertThat(node.quorum.status().problem()).isNull();
  }

  /** Starts three nodes of which the leader has the files that can fail. */
  private Node leaderOn(UnsyncedLossIo io) throws IOException {
    cluster.form(1, 2, 3);
    cluster.commit("before", 1);
    cluster.awaitEverywhere("before", 1);
    int nodeId = cluster.anyFollower().nodeId;
    cluster.stop(nodeId);
    Node node = cluster.start(nodeId, io);
    cluster.commit("back", 1);
    cluster.awaitEverywhere("back", 1);
    await(cluster.awaitLeader().quorum.transferLeadership(nodeId));
    cluster.await("it leads", () -> node.term > 0);
    return node;
  }

  @Test
  void shouldGoOnWhenTheLeadersDiskIsFull() throws IOException {
    UnsyncedLossIo io = new UnsyncedLossIo();
    Node leader = leaderOn(io);
    io.failNextWrite(10, new IOException("No space left on device"));
    Future<Long> proposal = leader.propose("unlucky", 1);
    await(proposal.otherwiseEmpty());
    cluster.commit("after", 2);
    cluster.awaitEverywhere("after", 2);
    assertSameEverywhere(1, 2, 3);
  }

  @Test
  void shouldStepDownWhenAnFsyncFails() throws IOException {
    UnsyncedLossIo io = new UnsyncedLossIo();
    Node leader = leaderOn(io);
    io.failNextForce(new IOException("Input/output error"));
    await(leader.propose("unlucky", 1).otherwiseEmpty());
    cluster.await("it is out of service", () -> leader.quorum.status().role() == Role.FAILED);
    assertThat(leader.term).isZero();
    assertThat(leader.quorum.status().problem()).contains("Input/output error");
    cluster.awaitOtherLeaderThan(leader.nodeId);
    cluster.commit("after", 2);
    assertThat(failureOf(leader.quorum.propose(1, Quorum.ANYWHERE, List.of(new Feature("a", 1)))))
        .isEqualTo(Errors.KAFKA_STORAGE_ERROR);
  }

  @Test
  void shouldRefuseWhatWasDecidedWithoutAChangeOfTheVoters() throws IOException {
    cluster.form(1, 2, 3);
    Node leader = cluster.awaitLeader();
    cluster.commit("a", 1);
    int lead = leader.lead;
    int termBefore = leader.quorum.status().term();
    long decidedFor = leader.quorum.status().logEnd();
    VoterId removed = cluster.anyFollower().quorum.status().self();

    Future<Void> removal = leader.quorum.removeVoter(removed);
    Future<Long> proposal = leader.quorum.propose(lead, decidedFor, List.of(new Feature("b", 1)));

    assertThat(failureOf(proposal)).isEqualTo(Errors.NOT_CONTROLLER);
    await(removal.otherwiseEmpty());
    cluster.commit("b", 2);
    assertThat(leader.quorum.status().term()).isEqualTo(termBefore);
  }

  @Test
  void shouldRefuseWhatWasDecidedInAnEarlierLeadOfTheSameTerm() throws IOException {
    cluster.form(1, 2, 3);
    Node leader = cluster.awaitLeader();
    cluster.commit("a", 1);
    int earlier = leader.lead;
    long decidedFor = leader.quorum.status().logEnd();
    Future<Void> removal = leader.quorum.removeVoter(cluster.anyFollower().quorum.status().self());
    await(
        leader.quorum.propose(earlier, decidedFor, List.of(new Feature("b", 1))).otherwiseEmpty());
    await(removal.otherwiseEmpty());
    cluster.commit("b", 2);

    Future<Long> late =
        leader.quorum.propose(earlier, Quorum.ANYWHERE, List.of(new Feature("c", 1)));

    assertThat(failureOf(late)).isEqualTo(Errors.NOT_CONTROLLER);
  }

  @Test
  void shouldChangeNoVotersWhileItsLeadIsInterrupted() throws IOException {
    cluster.form(1, 2, 3);
    Node leader = cluster.awaitLeader();
    cluster.commit("a", 1);
    long decidedFor = leader.quorum.status().logEnd();
    VoterId removed = cluster.anyFollower().quorum.status().self();

    Future<Void> removal = leader.quorum.removeVoter(removed);
    Future<Long> interrupting =
        leader.quorum.propose(leader.lead, decidedFor, List.of(new Feature("b", 1)));
    Future<Void> meanwhile = leader.quorum.addVoter(removed);

    assertThat(failureOf(meanwhile)).isEqualTo(Errors.NOT_CONTROLLER);
    await(interrupting.otherwiseEmpty());
    await(removal.otherwiseEmpty());
  }

  @Test
  void shouldLoseNothingWhenThePowerOfAllGoes() throws IOException {
    cluster.form(1, 2, 3);
    List<MetadataRecord> records = List.of(new Feature("x", 1), new Feature("y", 1));
    Node leader = cluster.awaitLeader();
    await(leader.quorum.propose(leader.lead, Quorum.ANYWHERE, records));
    cluster.commit("a", 1);
    cluster.kill(1);
    cluster.kill(2);
    cluster.kill(3);
    cluster.start(1);
    cluster.start(2);
    cluster.start(3);
    cluster.electAtOnce(2);
    cluster.commit("b", 2);
    cluster.awaitEverywhere("b", 2);
    assertThat(cluster.node(1).state()).containsKeys("x", "y", "a");
    assertSameEverywhere(1, 2, 3);
  }

  @Test
  void shouldGrowFromOneVoter() throws IOException {
    try (QuorumCluster grown = new QuorumCluster(temp.resolve("grown"))) {
      grown.form(1);
      grown.commit("a", 1);
      grown.start(2, SystemFileIo.INSTANCE, Set.of());
      grown.awaitEverywhere("a", 1);
      Node leader = grown.awaitLeader();
      VoterId two = grown.id(2);
      grown.await(
          "it is caught up",
          () -> {
            Future<Void> added = leader.quorum.addVoter(two);
            await(added.otherwiseEmpty());
            return added.succeeded();
          });
      grown.commit("b", 2);
      grown.awaitEverywhere("b", 2);
      assertThat(grown.node(2).quorum.status().role()).isEqualTo(Role.FOLLOWER);
    }
  }
}
