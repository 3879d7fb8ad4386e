package io.millrace.quorum;

import static io.millrace.quorum.QuorumCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.quorum.QuorumCluster.Node;
import io.millrace.quorum.state.QuorumRules.Role;
import io.millrace.quorum.state.QuorumTiming;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** That every replica gets what is committed, and keeps it. */
class QuorumReplicationTest extends ReplicasOnDisks {
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
    lost.forEach(ReplicasOnDisks::failureOf);
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
}
