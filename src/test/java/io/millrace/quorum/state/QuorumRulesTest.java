package io.millrace.quorum.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.NoOp;
import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.Message.Append;
import io.millrace.quorum.state.Message.AppendReply;
import io.millrace.quorum.state.Message.LearnerHello;
import io.millrace.quorum.state.Message.PreVote;
import io.millrace.quorum.state.Message.PreVoteReply;
import io.millrace.quorum.state.Message.SnapshotReply;
import io.millrace.quorum.state.Message.TimeoutNow;
import io.millrace.quorum.state.Message.Vote;
import io.millrace.quorum.state.Message.VoteReply;
import io.millrace.quorum.state.QuorumRules.Role;
import io.millrace.quorum.state.VoterChange.Refusal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** One replica, {@link #SELF}, and what the others say to it. */
class QuorumRulesTest {
  private static final int MAX_BYTES = 1_000;
  private static final QuorumTiming TIMING =
      new QuorumTiming(100, 1_000, 3_000, 500, 10, MAX_BYTES, 4, 100);
  private static final VoterId SELF = id(1);
  private static final VoterId B = id(2);
  private static final VoterId C = id(3);
  private static final VoterId LEARNER = id(4);
  private static final Set<VoterId> THREE = Set.of(SELF, B, C);

  private final List<Message> sent = new ArrayList<>();
  private final List<Entry> committed = new ArrayList<>();
  private final List<Ready.Read> reads = new ArrayList<>();
  private final List<Ready.LogRead> logReads = new ArrayList<>();
  private final List<Ready.SnapshotRead> snapshotReads = new ArrayList<>();
  private Ready.Write write;
  private QuorumRules rules;
  private long nowMs;

  private static VoterId id(int node) {
    return new VoterId(node, new UUID(0, node));
  }

  private static Entry entry(long offset, int term) {
    return new Entry(offset, term, List.of(new ProducerIds(offset)));
  }

  private void start(Stored stored) {
    rules = new QuorumRules(SELF, TIMING, stored, new Random(1), nowMs);
    act();
  }

  private void startWith(HardState hardState, Entry... entries) {
    start(new Stored(hardState, SnapshotId.NONE, Set.of(), List.of(entries), 0, THREE));
  }

  private void act() {
    Ready ready = rules.ready();
    sent.addAll(ready.messages());
    committed.addAll(ready.committed());
    reads.addAll(ready.reads());
    logReads.addAll(ready.logReads());
    snapshotReads.addAll(ready.snapshotReads());
    if (ready.write() != null) {
      write = ready.write();
    }
  }

  private void get(Message message) {
    rules.step(nowMs, message);
    act();
  }

  private void written() {
    rules.onWritten(nowMs);
    act();
  }

  private void after(long ms) {
    nowMs += ms;
    rules.tick(nowMs);
    act();
  }

  private <T extends Message> List<T> sent(Class<T> type) {
    return sent.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** Leads term 1 with its first entry, [0, 2), committed. */
  private void lead() {
    start(Stored.nothing(THREE));
    after(3_000);
    get(new PreVoteReply(B, SELF, 1, true));
    written();
    get(new VoteReply(B, SELF, 1, true));
    written();
    get(new AppendReply(B, SELF, 1, true, 2, 0, 0));
    sent.clear();
  }

  private void follow(int term) {
    get(new Append(B, SELF, term, 0, 0, List.of(), 0, 0));
    written();
    sent.clear();
  }

  // ---- Elections

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
    get(new PreVoteReply(B, SELF, 1, true));
    assertThat(sent(Vote.class)).isEmpty();
    written();
    assertThat(sent(Vote.class)).hasSize(2);
  }

  @Test
  void shouldAnswerAVoteOnlyOnceItIsWritten() {
    start(Stored.nothing(THREE));
    get(new Vote(B, SELF, 1, 0, 0, false));
    assertThat(sent).isEmpty();
    assertThat(write.hardState()).isEqualTo(new HardState(1, B));
    written();
    assertThat(sent).containsExactly(new VoteReply(SELF, B, 1, true));
  }

  @Test
  void shouldVoteOnceInATerm() {
    startWith(new HardState(1, B));
    get(new Vote(C, SELF, 1, 0, 0, false));
    assertThat(sent).containsExactly(new VoteReply(SELF, C, 1, false));
  }

  @Test
  void shouldVoteAgainForTheSameCandidate() {
    startWith(new HardState(1, B));
    get(new Vote(B, SELF, 1, 0, 0, false));
    assertThat(sent).containsExactly(new VoteReply(SELF, B, 1, true));
  }

  @Test
  void shouldNotRepeatAVoteOfWhichOnlyTheNodeIsKnown() {
    startWith(HardState.ofNode(1, 2));
    get(new Vote(B, SELF, 1, 0, 0, false));
    assertThat(sent).containsExactly(new VoteReply(SELF, B, 1, false));
  }

  @Test
  void shouldNotVoteForAShorterLog() {
    startWith(new HardState(2, null), entry(0, 1), entry(1, 2));
    get(new Vote(B, SELF, 3, 9, 1, false));
    written();
    assertThat(sent).containsExactly(new VoteReply(SELF, B, 3, false));
  }

  @Test
  void shouldNotDesertALeaderItHearsFrom() {
    start(Stored.nothing(THREE));
    follow(1);
    get(new Vote(C, SELF, 2, 5, 1, false));
    get(new PreVote(C, SELF, 2, 5, 1));
    assertThat(rules.term()).isEqualTo(1);
    assertThat(sent).containsExactly(new PreVoteReply(SELF, C, 1, false));
  }

  @Test
  void shouldDesertALeaderThatIsSaidToBeGone() {
    start(Stored.nothing(THREE));
    follow(1);
    rules.onMemberGone(nowMs, B.nodeId());
    get(new PreVote(C, SELF, 2, 5, 1));
    assertThat(sent).containsExactly(new PreVoteReply(SELF, C, 2, true));
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
    get(new Vote(C, SELF, 2, 5, 1, true));
    written();
    assertThat(sent).containsExactly(new VoteReply(SELF, C, 2, true));
  }

  @Test
  void shouldNotListenToMessagesForItsFormerDirectory() {
    start(Stored.nothing(THREE));
    get(new Vote(B, new VoterId(1, new UUID(9, 9)), 1, 0, 0, false));
    assertThat(rules.term()).isZero();
  }

  @Test
  void shouldNotCountAnotherDirectoryOfAVoter() {
    start(Stored.nothing(THREE));
    after(3_000);
    get(new PreVoteReply(new VoterId(2, new UUID(9, 9)), SELF, 1, true));
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
    get(new Append(B, SELF, 4, 0, 0, List.of(), 0, 3));
    assertThat(sent).containsExactly(new AppendReply(SELF, B, 5, false, 0, 0, 0));
  }

  // ---- The log

  @Test
  void shouldAcknowledgeEntriesOnlyOnceTheyAreWritten() {
    start(Stored.nothing(THREE));
    follow(1);
    get(new Append(B, SELF, 1, 0, 0, List.of(entry(0, 1)), 0, 7));
    assertThat(sent).isEmpty();
    written();
    assertThat(sent).containsExactly(new AppendReply(SELF, B, 1, true, 1, 0, 7));
  }

  @Test
  void shouldAnswerHeartbeatsWhileItWrites() {
    start(Stored.nothing(THREE));
    follow(1);
    get(new Append(B, SELF, 1, 0, 0, List.of(entry(0, 1)), 0, 7));
    get(new Append(B, SELF, 1, 1, 1, List.of(), 0, 8));
    assertThat(sent).containsExactly(new AppendReply(SELF, B, 1, true, 0, 0, 8));
  }

  @Test
  void shouldNotPromiseAnOldLeaderWhatANewOneHasCut() {
    start(Stored.nothing(THREE));
    follow(1);
    get(new Append(B, SELF, 1, 0, 0, List.of(entry(0, 1)), 0, 0));
    get(new Append(B, SELF, 1, 1, 1, List.of(entry(1, 1)), 0, 0));
    get(new Append(C, SELF, 2, 1, 1, List.of(entry(1, 2)), 0, 0));
    written();
    written();
    assertThat(sent).containsExactly(new AppendReply(SELF, C, 2, true, 2, 0, 0));
  }

  @Test
  void shouldDeliverOnlyWhatIsCommittedAndWritten() {
    start(Stored.nothing(THREE));
    follow(1);
    get(new Append(B, SELF, 1, 0, 0, List.of(entry(0, 1), entry(1, 1)), 1, 0));
    assertThat(committed).isEmpty();
    written();
    assertThat(committed).containsExactly(entry(0, 1));
  }

  @Test
  void shouldDeliverAGroupWholeWhereverItsLeaderProbes() {
    start(Stored.nothing(THREE));
    follow(1);
    Entry group = new Entry(0, 1, noOps(3));
    get(new Append(B, SELF, 1, 0, 0, List.of(group), 0, 0));
    written();
    get(new Append(B, SELF, 1, 2, 1, List.of(), 3, 1)); // as if an old refusal had come late
    assertThat(committed).isEmpty();
    get(new Append(B, SELF, 1, 3, 1, List.of(), 3, 2));
    assertThat(committed).containsExactly(group);
  }

  @Test
  void shouldCutWhatContradictsTheLeader() {
    startWith(new HardState(2, null), entry(0, 1), entry(1, 2), entry(2, 2));
    get(new Append(B, SELF, 3, 1, 1, List.of(entry(1, 3)), 0, 0));
    assertThat(write.truncateTo()).isEqualTo(1);
    assertThat(write.append()).containsExactly(entry(1, 3));
  }

  @Test
  void shouldKeepALongerLogThatAgrees() {
    startWith(new HardState(1, null), entry(0, 1), entry(1, 1));
    get(new Append(B, SELF, 1, 0, 0, List.of(entry(0, 1)), 0, 0));
    assertThat(rules.logEnd()).isEqualTo(2);
    assertThat(sent).containsExactly(new AppendReply(SELF, B, 1, true, 1, 0, 0));
  }

  @Test
  void shouldNameTheEndOfAnEarlierTermWhenTermsDiffer() {
    startWith(new HardState(4, null), entry(0, 1), entry(1, 2), entry(2, 4), entry(3, 4));
    get(new Append(B, SELF, 4, 4, 3, List.of(), 0, 0));
    assertThat(sent).containsExactly(new AppendReply(SELF, B, 4, false, 2, 2, 0));
  }

  @Test
  void shouldRefuseToCutWhatIsCommitted() {
    start(
        new Stored(
            new HardState(2, null),
            SnapshotId.NONE,
            Set.of(),
            List.of(entry(0, 1), entry(1, 1), entry(2, 2)),
            2,
            THREE));
    assertThatThrownBy(
            () -> rules.step(nowMs, new Append(B, SELF, 3, 1, 1, List.of(entry(1, 3)), 0, 0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("committed");
  }

  @Test
  void shouldCommitWhatAMajorityHasWritten() {
    lead();
    assertThat(rules.propose(List.of(new ProducerIds(1)))).isEqualTo(2);
    act();
    get(new AppendReply(C, SELF, 1, true, 3, 0, 0));
    assertThat(rules.committedEnd()).isEqualTo(2); // not written here
    written();
    assertThat(rules.committedEnd()).isEqualTo(3);
  }

  /** Raft, figure 8. */
  @Test
  void shouldNotCommitAnEntryOfAnEarlierTermByCounting() {
    startWith(new HardState(2, null), entry(0, 1), entry(1, 2));
    after(3_000);
    get(new PreVoteReply(B, SELF, 3, true));
    written();
    get(new VoteReply(B, SELF, 3, true));
    written();
    get(new AppendReply(B, SELF, 3, true, 2, 0, 0));
    assertThat(rules.committedEnd()).isZero();
    get(new AppendReply(B, SELF, 3, true, 4, 0, 0));
    assertThat(rules.committedEnd()).isEqualTo(4);
  }

  @Test
  void shouldTakeProposalsOnlyOnceItsFirstEntryIsCommitted() {
    start(Stored.nothing(THREE));
    assertThatThrownBy(() -> rules.propose(List.of(new ProducerIds(1))))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldSendEntriesWithoutWaitingForAnswersUpToItsWindow() {
    lead();
    get(new AppendReply(C, SELF, 1, true, 2, 0, 0));
    sent.clear();
    for (int i = 0; i < 6; i++) {
      rules.propose(List.of(new ProducerIds(i)));
      act();
    }
    assertThat(sent(Append.class).stream().filter(append -> append.to().equals(C)))
        .hasSize(TIMING.maxAppendsInFlight());
  }

  @Test
  void shouldProbeOnceHoweverManyRefusalsCome() {
    lead();
    for (int i = 0; i < 3; i++) {
      rules.propose(List.of(new ProducerIds(i)));
      act();
    }
    sent.clear();
    for (int i = 0; i < 3; i++) {
      get(new AppendReply(B, SELF, 1, false, 2, 1, 0));
    }
    assertThat(sent(Append.class)).hasSize(1);
  }

  // ---- The disk

  @Test
  void shouldNotAcknowledgeWhatTheFullDiskDidNotTake() {
    start(Stored.nothing(THREE));
    follow(1);
    get(new Append(B, SELF, 1, 0, 0, List.of(entry(0, 1)), 0, 0));
    rules.onAppendFailed(nowMs, 0);
    act();
    assertThat(sent).isEmpty();
    assertThat(rules.logEnd()).isZero();
  }

  @Test
  void shouldHandTheLeadOnWhenItsDiskIsFull() {
    lead();
    rules.propose(List.of(new ProducerIds(1)));
    act();
    rules.onAppendFailed(nowMs, 2);
    act();
    assertThat(sent(TimeoutNow.class)).containsExactly(new TimeoutNow(SELF, B, 1));
    assertThat(rules.role()).isEqualTo(Role.FOLLOWER);
    assertThat(rules.logEnd()).isEqualTo(2);
  }

  @Test
  void shouldTryAgainAfterAWhileWhenTheDiskWasFull() {
    start(Stored.nothing(Set.of(SELF)));
    after(1);
    rules.onAppendFailed(nowMs, 0);
    write = null;
    act();
    assertThat(write).isNull();
    after(TIMING.diskRetryMs());
    assertThat(write.hardState()).isEqualTo(new HardState(2, SELF));
  }

  @Test
  void shouldSayNothingAfterItsDiskFailed() {
    lead();
    rules.onDiskFailed();
    act();
    assertThat(sent).containsExactly(new TimeoutNow(SELF, B, 1));
    sent.clear();
    get(new Vote(B, SELF, 9, 99, 8, true));
    rules.onWritten(nowMs);
    act();
    assertThat(sent).isEmpty();
    assertThat(rules.role()).isEqualTo(Role.FAILED);
  }

  @Test
  void shouldNotStartWithALogThatLostWhatWasCommitted() {
    assertThatThrownBy(
            () ->
                start(
                    new Stored(
                        new HardState(1, null), SnapshotId.NONE, Set.of(), List.of(), 1, THREE)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Ticks, and heartbeats are answered, which needs no disk. */
  private void hangFor(long ms) {
    for (long untilMs = nowMs + ms; nowMs < untilMs; ) {
      after(100);
      get(new AppendReply(B, SELF, 1, true, 2, 0, 0));
      get(new AppendReply(C, SELF, 1, true, 2, 0, 0));
    }
  }

  @Test
  void shouldGiveTheLeadAwayWhenItsDiskHangs() {
    lead();
    rules.propose(List.of(new ProducerIds(1)));
    act();
    hangFor(1_900);
    assertThat(rules.role()).isEqualTo(Role.LEADER);
    sent.clear();
    hangFor(200);
    assertThat(rules.role()).isEqualTo(Role.FOLLOWER);
    assertThat(sent(TimeoutNow.class)).hasSize(1);
  }

  @Test
  void shouldNotStandForElectionBeforeItsDiskGoesOn() {
    lead();
    rules.propose(List.of(new ProducerIds(1)));
    act();
    hangFor(2_100);
    sent.clear();
    get(new TimeoutNow(B, SELF, 1));
    after(5_000);
    rules.nominate(nowMs);
    act();
    assertThat(sent(PreVote.class)).isEmpty();
    written();
    after(5_000);
    assertThat(sent(PreVote.class)).isNotEmpty();
  }

  @Test
  void aloneShouldWaitForADiskThatHangs() {
    start(Stored.nothing(Set.of(SELF)));
    after(1);
    written();
    written();
    rules.propose(List.of(new ProducerIds(1)));
    act();
    after(10_000);
    assertThat(rules.isActive()).isTrue();
    written();
    assertThat(rules.committedEnd()).isEqualTo(3);
  }

  // ---- Voters

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
    get(new PreVoteReply(B, SELF, 1, true));
    written();
    get(new VoteReply(B, SELF, 1, true));
    assertThat(rules.role()).isEqualTo(Role.LEADER);
    assertThat(rules.removeVoter(B).refusal()).isEqualTo(Refusal.NOT_LEADER);
  }

  @Test
  void shouldAddALearnerOnlyWhenItHasTheLog() {
    lead();
    get(new LearnerHello(LEARNER, SELF, 0, 0));
    assertThat(rules.addVoter(LEARNER).refusal()).isEqualTo(Refusal.NOT_CAUGHT_UP);
    get(new AppendReply(LEARNER, SELF, 1, true, 2, 0, 0));
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
    get(new LearnerHello(LEARNER, SELF, 0, 0));
    rules.propose(List.of(new ProducerIds(1)));
    act();
    written();
    get(new AppendReply(LEARNER, SELF, 1, true, 3, 0, 0));
    assertThat(rules.committedEnd()).isEqualTo(2);
  }

  @Test
  void shouldForgetASilentLearner() {
    lead();
    get(new LearnerHello(LEARNER, SELF, 0, 0));
    for (int i = 0; i < 40; i++) {
      after(100);
      get(new AppendReply(B, SELF, 1, true, 2, 0, 0));
    }
    assertThat(rules.status().replicas()).noneMatch(one -> one.id().equals(LEARNER));
  }

  @Test
  void shouldTakeAChangeOfVotersBackWhenItIsCut() {
    startWith(
        new HardState(2, null),
        entry(0, 1),
        new Entry(1, 2, List.of(new Voters(Set.of(SELF, B, C, LEARNER)))));
    assertThat(rules.voters()).contains(LEARNER);
    get(new Append(B, SELF, 3, 1, 1, List.of(entry(1, 3)), 0, 0));
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

  // ---- Reads

  @Test
  void shouldAnswerAReadOnceAMajorityStillFollows() {
    lead();
    long ticket = rules.readIndex();
    act();
    assertThat(reads).isEmpty();
    long round = sent(Append.class).get(0).round();
    get(new AppendReply(B, SELF, 1, true, 2, 0, round - 1));
    assertThat(reads).isEmpty();
    get(new AppendReply(C, SELF, 1, true, 2, 0, round));
    assertThat(reads).containsExactly(new Ready.Read(ticket, 2));
  }

  @Test
  void shouldSendReadsAwayWhenItLeadsNoMore() {
    lead();
    long ticket = rules.readIndex();
    get(new Append(B, SELF, 2, 2, 1, List.of(), 0, 0));
    assertThat(reads).containsExactly(new Ready.Read(ticket, -1));
  }

  @Test
  void shouldNotTakeReadsAsFollower() {
    start(Stored.nothing(THREE));
    assertThat(rules.readIndex()).isEqualTo(-1);
  }

  // ---- Transfer

  @Test
  void shouldTakeNoProposalsWhileItHandsTheLeadOver() {
    lead();
    assertThat(rules.transferTo(nowMs, B)).isNull();
    act();
    assertThat(sent(TimeoutNow.class)).hasSize(1);
    assertThat(rules.isActive()).isFalse();
    after(500);
    get(new AppendReply(B, SELF, 1, true, 2, 0, 0));
    after(500);
    assertThat(rules.isActive()).isTrue();
  }

  @Test
  void shouldCallASuccessorOnlyWhenItHasEverything() {
    lead();
    rules.transferTo(nowMs, C);
    act();
    assertThat(sent(TimeoutNow.class)).isEmpty();
    get(new AppendReply(C, SELF, 1, true, 2, 0, 0));
    assertThat(sent(TimeoutNow.class)).hasSize(1);
  }

  // ---- Snapshots

  private static final SnapshotId SNAPSHOT = new SnapshotId(10, 1);

  private static Message.InstallSnapshot piece(long position, boolean last) {
    return new Message.InstallSnapshot(
        B, SELF, 1, SNAPSHOT, position, ByteBuffer.allocate(8), last, 0);
  }

  @Test
  void shouldAskForThePieceThatIsNext() {
    start(Stored.nothing(THREE));
    follow(1);
    get(piece(0, false));
    written();
    get(piece(0, false));
    SnapshotReply next = new SnapshotReply(SELF, B, 1, SNAPSHOT, 8, 0);
    assertThat(sent).containsExactly(next, next);
  }

  @Test
  void shouldWantAnotherLeadersSnapshotFromItsStart() {
    start(Stored.nothing(THREE));
    follow(1);
    get(piece(0, false));
    written();
    get(piece(8, true));
    sent.clear();
    get(new Append(B, SELF, 1, 0, 0, List.of(), 0, 5));
    assertThat(sent).containsExactly(new SnapshotReply(SELF, B, 1, SNAPSHOT, 8, 5));
    sent.clear();
    get(new Append(C, SELF, 2, 0, 0, List.of(), 0, 6));
    rules.onSnapshotRefused(nowMs);
    act();
    written();
    assertThat(sent).containsExactly(new SnapshotReply(SELF, C, 2, SNAPSHOT, 0, 6));
  }

  @Test
  void shouldBeginASnapshotAnewWhenThePositionThatIsWantedIsNotInIt() {
    SnapshotId own = new SnapshotId(2, 1);
    start(new Stored(new HardState(1, null), own, Set.of(SELF), List.of(), 2, Set.of()));
    after(1);
    written();
    written();
    get(new LearnerHello(LEARNER, SELF, 2, 0));
    assertThat(snapshotReads).containsExactly(new Ready.SnapshotRead(LEARNER, own, 0));
    get(new SnapshotReply(LEARNER, SELF, 2, own, 1_000_000, 0));
    Ready.SnapshotRead wrong = new Ready.SnapshotRead(LEARNER, own, 1_000_000);
    assertThat(snapshotReads).endsWith(wrong);
    rules.onSnapshotRead(nowMs, wrong, null, false);
    after(200);
    assertThat(snapshotReads).endsWith(new Ready.SnapshotRead(LEARNER, own, 0));
  }

  @Test
  void shouldTakeNothingElseWhileASnapshotReplacesItsLog() {
    start(Stored.nothing(THREE));
    follow(1);
    get(piece(0, true));
    get(new Append(B, SELF, 1, 0, 0, List.of(entry(0, 1)), 0, 1));
    assertThat(rules.logEnd()).isZero();
    after(3_000);
    assertThat(sent(PreVote.class)).isEmpty();
  }

  @Test
  void shouldGoOnBehindAnInstalledSnapshot() {
    start(Stored.nothing(Set.of()));
    follow(1);
    get(piece(0, true));
    rules.onSnapshotInstalled(nowMs, THREE);
    act();
    assertThat(sent).containsExactly(new AppendReply(SELF, B, 1, true, 10, 0, 0));
    assertThat(rules.committedEnd()).isEqualTo(10);
    assertThat(rules.voters()).isEqualTo(THREE);
  }

  @Test
  void shouldNotInstallASnapshotOfWhatItHas() {
    startWith(new HardState(1, null), new Entry(0, 1, noOps(10)), entry(10, 1));
    get(piece(0, true));
    assertThat(sent).containsExactly(new AppendReply(SELF, B, 1, true, 10, 0, 0));
    assertThat(rules.logEnd()).isEqualTo(11);
    assertThat(rules.committedEnd()).isEqualTo(10);
  }

  private static List<MetadataRecord> noOps(int count) {
    return Collections.nCopies(count, NoOp.INSTANCE);
  }

  // ---- How much goes together

  private static MetadataRecord config(int bytes) {
    return new MetadataRecord.Config(ConfigResource.topic("t"), "k", "v".repeat(bytes));
  }

  @Test
  void shouldNotSendMoreBytesTogetherThanItMay() {
    lead();
    for (int bytes : new int[] {400, 400, 400, 3_000, 400}) {
      rules.propose(List.of(config(bytes)));
    }
    act();
    assertThat(
            sent(Append.class).stream()
                .filter(append -> append.to().equals(B))
                .map(append -> append.entries().size()))
        .containsExactly(2, 1, 1, 1);
  }

  // ---- What is not in memory

  /** Leads three voters with nothing in memory, and reads [0, 2) for a learner. */
  private Ready.LogRead leadAndRead() {
    rules =
        new QuorumRules(
            SELF,
            new QuorumTiming(100, 1_000, 3_000, 500, 10, MAX_BYTES, 4, 0),
            Stored.nothing(Set.of(SELF)),
            new Random(1),
            0);
    after(1);
    written();
    written();
    rules.step(nowMs, new LearnerHello(LEARNER, SELF, 0, 0));
    act();
    rules.step(nowMs, new AppendReply(LEARNER, SELF, 1, true, 0, 0, 0));
    List<Ready.LogRead> asked = rules.ready().logReads();
    assertThat(asked).containsExactly(new Ready.LogRead(LEARNER, 0, 2, MAX_BYTES));
    sent.clear();
    return asked.get(0);
  }

  private static Entry firstEntry() {
    return new Entry(0, 1, List.of(NoOp.INSTANCE, new Voters(Set.of(SELF))));
  }

  @Test
  void shouldAskForEntriesThatAreOnTheDiskOnly() {
    Ready.LogRead read = leadAndRead();
    rules.onLogRead(nowMs, read, List.of(firstEntry()));
    act();
    assertThat(sent(Append.class).get(0).endOffset()).isEqualTo(2);
  }

  @Test
  void shouldNotSendWhatWasReadForAFollowerThatHasItMeanwhile() {
    Ready.LogRead read = leadAndRead();
    get(new AppendReply(LEARNER, SELF, 1, true, 2, 0, 0));
    rules.onLogRead(nowMs, read, List.of(firstEntry()));
    act();
    assertThat(sent(Append.class)).allMatch(append -> append.entries().isEmpty());
  }

  @Test
  void shouldReadAnewWhenAFollowerIsFurtherThanWhatIsRead() {
    Ready.LogRead read = leadAndRead();
    rules.propose(List.of(new ProducerIds(1)));
    act();
    written();
    get(new AppendReply(LEARNER, SELF, 1, true, 2, 0, 0));
    rules.onLogRead(nowMs, read, List.of(firstEntry()));
    act();
    assertThat(logReads).contains(new Ready.LogRead(LEARNER, 2, 3, MAX_BYTES));
    assertThat(sent(Append.class)).allMatch(append -> append.entries().isEmpty());
  }

  @Test
  void shouldNotMakeAnAppendOfEntriesThatDoNotFollow() {
    assertThatThrownBy(() -> new Append(B, SELF, 1, 1, 1, List.of(entry(0, 1)), 0, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Append(B, SELF, 1, 0, 0, List.of(entry(0, 1), entry(2, 1)), 0, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
