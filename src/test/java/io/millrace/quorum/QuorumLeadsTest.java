package io.millrace.quorum;

import static io.millrace.quorum.QuorumCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.quorum.QuorumCluster.Node;
import io.millrace.quorum.state.QuorumRules.Role;
import io.vertx.core.Future;
import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Who leads, and what is refused to those who do not. */
class QuorumLeadsTest extends ReplicasOnDisks {
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
}
