package io.millrace.quorum.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.Message.Append;
import io.millrace.quorum.state.Message.AppendReply;
import io.millrace.quorum.state.Message.LearnerHello;
import io.millrace.quorum.state.Message.PreVote;
import io.millrace.quorum.state.Message.PreVoteReply;
import io.millrace.quorum.state.Message.VoteReply;
import io.millrace.quorum.state.QuorumRules.Role;
import io.millrace.quorum.state.VoterChange.Refusal;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** How voters change, and what learners may do. */
class VoterRulesTest extends RulesFixture {
  @Test
  void shouldChangeOneVoterAtATime() {
    lead();
    assertThat(rules.removeVoter(C).refusal()).isNull();
    assertThat(rules.removeVoter(B).refusal()).isEqualTo(Refusal.CHANGE_UNDER_WAY);
  }

  @Test
  void shouldNotChangeVotersBeforeItsTermCommitted() {
    start(Stored.nothing(Set.of(SELF, B)));
    after(3_000);
    receive(new PreVoteReply(B, SELF, 1, true));
    written();
    receive(new VoteReply(B, SELF, 1, true));
    assertThat(rules.role()).isEqualTo(Role.LEADER);
    assertThat(rules.removeVoter(B).refusal()).isEqualTo(Refusal.NOT_LEADER);
  }

  @Test
  void shouldAddALearnerOnlyWhenItHasTheLog() {
    lead();
    receive(new LearnerHello(LEARNER, SELF, 0, 0));
    assertThat(rules.addVoter(LEARNER).refusal()).isEqualTo(Refusal.NOT_CAUGHT_UP);
    receive(new AppendReply(LEARNER, SELF, 1, true, 2, 0, 0));
    assertThat(rules.isCaughtUp(LEARNER)).isTrue();
    assertThat(rules.addVoter(LEARNER)).isEqualTo(new VoterChange(null, 2));
    assertThat(rules.voters()).contains(LEARNER);
  }

  @Test
  void shouldNotAddTheNewDirectoryOfAVoterBesideTheOld() {
    lead();
    assertThat(rules.addVoter(new VoterId(2, new UUID(9, 9))).refusal())
        .isEqualTo(Refusal.NODE_IS_VOTER);
  }

  @Test
  void shouldNotCountALearner() {
    lead();
    receive(new LearnerHello(LEARNER, SELF, 0, 0));
    rules.propose(List.of(new ProducerIds(1)));
    act();
    written();
    receive(new AppendReply(LEARNER, SELF, 1, true, 3, 0, 0));
    assertThat(rules.committedEnd()).isEqualTo(2);
  }

  @Test
  void shouldForgetASilentLearner() {
    lead();
    receive(new LearnerHello(LEARNER, SELF, 0, 0));
    assertThat(rules.status().replicas()).anyMatch(one -> one.id().equals(LEARNER));
    for (int i = 0; i < 40; i++) {
      after(100);
      receive(new AppendReply(B, SELF, 1, true, 2, 0, 0));
    }
    assertThat(rules.role()).isEqualTo(Role.LEADER);
    assertThat(rules.status().replicas()).noneMatch(one -> one.id().equals(LEARNER));
  }

  @Test
  void shouldTakeAChangeOfVotersBackWhenItIsCut() {
    startWith(
        new HardState(2, null),
        entry(0, 1),
        new Entry(1, 2, List.of(new Voters(Set.of(SELF, B, C, LEARNER)))));
    assertThat(rules.voters()).contains(LEARNER);
    receive(new Append(B, SELF, 3, 1, 1, List.of(entry(1, 3)), 0, 0));
    assertThat(rules.voters()).doesNotContain(LEARNER);
  }

  @Test
  void shouldStandForElectionWhileItsRemovalIsNotCommitted() {
    startWith(new HardState(1, null), new Entry(0, 1, List.of(new Voters(Set.of(B, C)))));
    assertThat(rules.role()).isEqualTo(Role.FOLLOWER);
    after(3_000);
    assertThat(sent(PreVote.class)).hasSize(2);
  }

  @Test
  void shouldNotStandForElectionAsALearner() {
    start(Stored.nothing(Set.of(B, C)));
    after(10_000);
    assertThat(sent(PreVote.class)).isEmpty();
    assertThat(sent(LearnerHello.class)).isNotEmpty();
    assertThat(rules.role()).isEqualTo(Role.LEARNER);
  }
}
