package io.millrace.quorum.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.NoOp;
import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.quorum.state.Message.Append;
import io.millrace.quorum.state.Message.AppendReply;
import io.millrace.quorum.state.Message.LearnerHello;
import io.millrace.quorum.state.Message.PreVoteReply;
import io.millrace.quorum.state.Message.VoteReply;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is appended, sent, cut and committed. */
class ReplicationRulesTest extends RulesFixture {
  @Test
  void shouldAcknowledgeEntriesOnlyOnceTheyAreWritten() {
    start(Stored.nothing(THREE));
    follow(1);
    receive(new Append(B, SELF, 1, 0, 0, List.of(entry(0, 1)), 0, 7));
    assertThat(sent).isEmpty();
    written();
    assertThat(sent).containsExactly(new AppendReply(SELF, B, 1, true, 1, 0, 7));
  }

  @Test
  void shouldAnswerHeartbeatsWhileItWrites() {
    start(Stored.nothing(THREE));
    follow(1);
    receive(new Append(B, SELF, 1, 0, 0, List.of(entry(0, 1)), 0, 7));
    receive(new Append(B, SELF, 1, 1, 1, List.of(), 0, 8));
    assertThat(sent).containsExactly(new AppendReply(SELF, B, 1, true, 0, 0, 8));
  }

  @Test
  void shouldNotPromiseAnOldLeaderWhatANewOneHasCut() {
    start(Stored.nothing(THREE));
    follow(1);
    receive(new Append(B, SELF, 1, 0, 0, List.of(entry(0, 1)), 0, 0));
    receive(new Append(B, SELF, 1, 1, 1, List.of(entry(1, 1)), 0, 0));
    receive(new Append(C, SELF, 2, 1, 1, List.of(entry(1, 2)), 0, 0));
    written();
    written();
    assertThat(sent).containsExactly(new AppendReply(SELF, C, 2, true, 2, 0, 0));
  }

  @Test
  void shouldDeliverOnlyWhatIsCommittedAndWritten() {
    start(Stored.nothing(THREE));
    follow(1);
    receive(new Append(B, SELF, 1, 0, 0, List.of(entry(0, 1), entry(1, 1)), 1, 0));
    assertThat(committed).isEmpty();
    written();
    assertThat(committed).containsExactly(entry(0, 1));
  }

  @Test
  void shouldDeliverAGroupWholeWhereverItsLeaderProbes() {
    start(Stored.nothing(THREE));
    follow(1);
    Entry group = new Entry(0, 1, noOps(3));
    receive(new Append(B, SELF, 1, 0, 0, List.of(group), 0, 0));
    written();
    receive(new Append(B, SELF, 1, 2, 1, List.of(), 3, 1)); // as if an old refusal had come late
    assertThat(committed).isEmpty();
    receive(new Append(B, SELF, 1, 3, 1, List.of(), 3, 2));
    assertThat(committed).containsExactly(group);
  }

  @Test
  void shouldCutWhatContradictsTheLeader() {
    startWith(new HardState(2, null), entry(0, 1), entry(1, 2), entry(2, 2));
    receive(new Append(B, SELF, 3, 1, 1, List.of(entry(1, 3)), 0, 0));
    assertThat(write.truncateTo()).isEqualTo(1);
    assertThat(write.append()).containsExactly(entry(1, 3));
  }

  @Test
  void shouldKeepALongerLogThatAgrees() {
    startWith(new HardState(1, null), entry(0, 1), entry(1, 1));
    receive(new Append(B, SELF, 1, 0, 0, List.of(entry(0, 1)), 0, 0));
    assertThat(rules.logEnd()).isEqualTo(2);
    assertThat(sent).containsExactly(new AppendReply(SELF, B, 1, true, 1, 0, 0));
  }

  @Test
  void shouldNameTheEndOfAnEarlierTermWhenTermsDiffer() {
    startWith(new HardState(4, null), entry(0, 1), entry(1, 2), entry(2, 4), entry(3, 4));
    receive(new Append(B, SELF, 4, 4, 3, List.of(), 0, 0));
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
    receive(new AppendReply(C, SELF, 1, true, 3, 0, 0));
    assertThat(rules.committedEnd()).isEqualTo(2); // not written here
    written();
    assertThat(rules.committedEnd()).isEqualTo(3);
  }

  /** Raft, figure 8. */
  @Test
  void shouldNotCommitAnEntryOfAnEarlierTermByCounting() {
    startWith(new HardState(2, null), entry(0, 1), entry(1, 2));
    after(3_000);
    receive(new PreVoteReply(B, SELF, 3, true));
    written();
    receive(new VoteReply(B, SELF, 3, true));
    written();
    receive(new AppendReply(B, SELF, 3, true, 2, 0, 0));
    assertThat(rules.committedEnd()).isZero();
    receive(new AppendReply(B, SELF, 3, true, 4, 0, 0));
    assertThat(rules.committedEnd()).isEqualTo(4);
  }

  @Test
  void shouldTakeProposalsOnlyOnceItsFirstEntryIsCommitted() {
    start(Stored.nothing(THREE));
    elect();
    assertThatThrownBy(() -> rules.propose(List.of(new ProducerIds(1))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot propose as LEADER of term 1");
    receive(new AppendReply(B, SELF, 1, true, 2, 0, 0));
    assertThat(rules.propose(List.of(new ProducerIds(1)))).isEqualTo(2);
  }

  @Test
  void shouldTakeNoProposalsAsFollower() {
    start(Stored.nothing(THREE));
    assertThatThrownBy(() -> rules.propose(List.of(new ProducerIds(1))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot propose as FOLLOWER of term 0");
  }

  @Test
  void shouldSendEntriesWithoutWaitingForAnswersUpToItsWindow() {
    lead();
    receive(new AppendReply(C, SELF, 1, true, 2, 0, 0));
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
      receive(new AppendReply(B, SELF, 1, false, 2, 1, 0));
    }
    assertThat(sent(Append.class)).hasSize(1);
  }

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
    receive(new AppendReply(LEARNER, SELF, 1, true, 2, 0, 0));
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
    receive(new AppendReply(LEARNER, SELF, 1, true, 2, 0, 0));
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
