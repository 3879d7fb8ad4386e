package io.millrace.quorum.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.quorum.state.Message.Append;
import io.millrace.quorum.state.Message.AppendReply;
import io.millrace.quorum.state.Message.PreVote;
import io.millrace.quorum.state.Message.TimeoutNow;
import io.millrace.quorum.state.Message.Vote;
import io.millrace.quorum.state.QuorumRules.Role;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a replica does whose disk is full, hangs or fails. */
class DiskRulesTest extends RulesFixture {
  @Test
  void shouldNotAcknowledgeWhatTheFullDiskDidNotTake() {
    start(Stored.nothing(THREE));
    follow(1);
    receive(new Append(B, SELF, 1, 0, 0, List.of(entry(0, 1)), 0, 0));
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
    receive(new Vote(B, SELF, 9, 99, 8, true));
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
      receive(new AppendReply(B, SELF, 1, true, 2, 0, 0));
      receive(new AppendReply(C, SELF, 1, true, 2, 0, 0));
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
    receive(new TimeoutNow(B, SELF, 1));
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
}
