package io.millrace.quorum.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.MetadataRecord.NoOp;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.Message.Append;
import io.millrace.quorum.state.Message.AppendReply;
import io.millrace.quorum.state.Message.PreVote;
import io.millrace.quorum.state.Message.PreVoteReply;
import io.millrace.quorum.state.Message.TimeoutNow;
import io.millrace.quorum.state.Message.Vote;
import io.millrace.quorum.state.Message.VoteReply;
import io.millrace.quorum.state.QuorumRules.Role;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Who gets a vote, who stands, and how a lead ends or is handed over. */
class ElectionRulesTest extends RulesFixture {
  @Test
  void shouldNotRaiseItsTermBeforeAMajorityWouldVote() {
    start(Stored.nothing(THREE));
    after(3_000);
    assertThat(sent(PreVote.class)).hasSize(2).allMatch(question -> question.term() == 1);
    assertThat(rules.term()).isZero();
  }

  @Test
  void shouldAskForVotesOnlyOnceItsOwnIsWritten() {
    start(Stored.nothing(THREE));
    after(3_000);
    receive(new PreVoteReply(B, SELF, 1, true));
    assertThat(sent(Vote.class)).isEmpty();
    written();
    assertThat(sent(Vote.class)).hasSize(2);
  }

  @Test
  void shouldAnswerAVoteOnlyOnceItIsWritten() {
    start(Stored.nothing(THREE));
    receive(new Vote(B, SELF, 1, 0, 0, false));
    assertThat(sent).isEmpty();
    assertThat(write.hardState()).isEqualTo(new HardState(1, B));
    written();
    assertThat(sent).containsExactly(new VoteReply(SELF, B, 1, true));
  }

  @Test
  void shouldVoteOnceInATerm() {
    startWith(new HardState(1, B));
    receive(new Vote(C, SELF, 1, 0, 0, false));
    assertThat(sent).containsExactly(new VoteReply(SELF, C, 1, false));
  }

  @Test
  void shouldVoteAgainForTheSameCandidate() {
    startWith(new HardState(1, B));
    receive(new Vote(B, SELF, 1, 0, 0, false));
    assertThat(sent).containsExactly(new VoteReply(SELF, B, 1, true));
  }

  @Test
  void shouldNotRepeatAVoteOfWhichOnlyTheNodeIsKnown() {
    startWith(HardState.ofNode(1, 2));
    receive(new Vote(B, SELF, 1, 0, 0, false));
    assertThat(sent).containsExactly(new VoteReply(SELF, B, 1, false));
  }

  @Test
  void shouldNotVoteForAShorterLog() {
    startWith(new HardState(2, null), entry(0, 1), entry(1, 2));
    receive(new Vote(B, SELF, 3, 9, 1, false));
    written();
    assertThat(sent).containsExactly(new VoteReply(SELF, B, 3, false));
  }

  @Test
  void shouldNotDesertALeaderItHearsFrom() {
    start(Stored.nothing(THREE));
    follow(1);
    receive(new Vote(C, SELF, 2, 5, 1, false));
    receive(new PreVote(C, SELF, 2, 5, 1));
    assertThat(rules.term()).isEqualTo(1);
    assertThat(sent).containsExactly(new PreVoteReply(SELF, C, 1, false));
  }

  @Test
  void shouldDesertALeaderThatIsSaidToBeGone() {
    start(Stored.nothing(THREE));
    follow(1);
    rules.onMemberGone(nowMs, B.nodeId());
    receive(new PreVote(C, SELF, 2, 5, 1));
    assertThat(sent).containsExactly(new PreVoteReply(SELF, C, 2, true));
  }

  @Test
  void shouldKnowHowLongTheLeaderBeforeItIsSilent() {
    start(Stored.nothing(THREE));
    assertThat(rules.previousLeader()).isEqualTo(PreviousLeader.NOBODY);
    follow(1);
    after(3_000);
    receive(new PreVoteReply(C, SELF, 2, true));
    written();
    receive(new VoteReply(C, SELF, 2, true));
    after(50);
    assertThat(rules.role()).isEqualTo(QuorumRules.Role.LEADER);
    assertThat(rules.previousLeader()).isEqualTo(new PreviousLeader(B.nodeId(), 3_050));
  }

  @Test
  void shouldStayLoyalWhenSomebodyElseIsGone() {
    start(Stored.nothing(THREE));
    follow(1);
    rules.onMemberGone(nowMs, C.nodeId());
    rules.nominate(nowMs);
    act();
    assertThat(sent).isEmpty();
    assertThat(rules.leader()).isEqualTo(B);
  }

  @Test
  void shouldDesertItsLeaderForWhomItNames() {
    start(Stored.nothing(THREE));
    follow(1);
    receive(new Vote(C, SELF, 2, 5, 1, true));
    written();
    assertThat(sent).containsExactly(new VoteReply(SELF, C, 2, true));
  }

  @Test
  void shouldNotListenToMessagesForItsFormerDirectory() {
    start(Stored.nothing(THREE));
    receive(new Vote(B, new VoterId(1, new UUID(9, 9)), 1, 0, 0, false));
    assertThat(rules.term()).isZero();
  }

  @Test
  void shouldNotCountAnotherDirectoryOfAVoter() {
    start(Stored.nothing(THREE));
    after(3_000);
    receive(new PreVoteReply(new VoterId(2, new UUID(9, 9)), SELF, 1, true));
    assertThat(rules.term()).isZero();
  }

  @Test
  void aloneShouldLeadAfterTwoWrites() {
    start(Stored.nothing(Set.of(SELF)));
    after(1);
    written();
    assertThat(write.append())
        .containsExactly(new Entry(0, 1, List.of(NoOp.INSTANCE, new Voters(Set.of(SELF)))));
    written();
    assertThat(rules.isActive()).isTrue();
  }

  @Test
  void shouldLeadNoMoreWithoutAMajority() {
    lead();
    after(1_500);
    assertThat(rules.role()).isEqualTo(Role.FOLLOWER);
  }

  @Test
  void shouldTellAnOldLeaderOfTheNewTerm() {
    startWith(new HardState(5, null));
    receive(new Append(B, SELF, 4, 0, 0, List.of(), 0, 3));
    assertThat(sent).containsExactly(new AppendReply(SELF, B, 5, false, 0, 0, 0));
  }

  @Test
  void shouldTakeNoProposalsWhileItHandsTheLeadOver() {
    lead();
    assertThat(rules.transferTo(nowMs, B)).isNull();
    act();
    assertThat(sent(TimeoutNow.class)).hasSize(1);
    assertThat(rules.isActive()).isFalse();
    after(500);
    receive(new AppendReply(B, SELF, 1, true, 2, 0, 0));
    after(500);
    assertThat(rules.isActive()).isTrue();
  }

  @Test
  void shouldCallASuccessorOnlyWhenItHasEverything() {
    lead();
    rules.transferTo(nowMs, C);
    act();
    assertThat(sent(TimeoutNow.class)).isEmpty();
    receive(new AppendReply(C, SELF, 1, true, 2, 0, 0));
    assertThat(sent(TimeoutNow.class)).hasSize(1);
  }
}
