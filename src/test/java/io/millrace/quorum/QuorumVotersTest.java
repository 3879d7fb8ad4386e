package io.millrace.quorum;

import static io.millrace.quorum.QuorumCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.SystemFileIo;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumCluster.Node;
import io.millrace.quorum.state.QuorumRules.Role;
import io.vertx.core.Future;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** How voters change, and what that does to decisions that are on their way. */
class QuorumVotersTest extends ReplicasOnDisks {
  @Test
  void shouldMakeALearnerAVoterAndTakeAVoteBack() throws IOException {
    cluster.form(1, 2, 3);
    cluster.commit("a", 1);
    cluster.start(4);
    cluster.awaitEverywhere("a", 1);
    Node leader = cluster.awaitLeader();
    VoterId four = cluster.id(4);
    cluster.makeVoter(leader, four);
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
    cluster.makeVoter(leader, wiped.quorum.status().self());
    cluster.await("it votes", () -> wiped.quorum.status().role() == Role.FOLLOWER);
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
    cluster.isolate(leader.nodeId); // nothing is committed meanwhile

    Future<Void> removal = leader.quorum.removeVoter(removed);
    Future<Long> interrupting =
        leader.quorum.propose(leader.lead, decidedFor, List.of(new Feature("b", 1)));
    Future<Void> meanwhile = leader.quorum.addVoter(removed);

    assertThat(failureOf(meanwhile)).isEqualTo(Errors.NOT_CONTROLLER);
    await(interrupting.otherwiseEmpty());
    await(removal.otherwiseEmpty());
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
      grown.makeVoter(leader, two);
      grown.commit("b", 2);
      grown.awaitEverywhere("b", 2);
      assertThat(grown.node(2).quorum.status().role()).isEqualTo(Role.FOLLOWER);
    }
  }
}
