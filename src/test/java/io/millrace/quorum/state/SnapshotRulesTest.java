package io.millrace.quorum.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.quorum.state.Message.Append;
import io.millrace.quorum.state.Message.AppendReply;
import io.millrace.quorum.state.Message.LearnerHello;
import io.millrace.quorum.state.Message.PreVote;
import io.millrace.quorum.state.Message.SnapshotReply;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What goes to those who cannot catch up by the log. */
class SnapshotRulesTest extends RulesFixture {
  private static final SnapshotId SNAPSHOT = new SnapshotId(10, 1);

  private static Message.InstallSnapshot piece(long position, boolean last) {
    return new Message.InstallSnapshot(
        B, SELF, 1, SNAPSHOT, position, ByteBuffer.allocate(8), last, 0);
  }

  @Test
  void shouldAskForThePieceThatIsNext() {
    start(Stored.nothing(THREE));
    follow(1);
    receive(piece(0, false));
    written();
    receive(piece(0, false));
    SnapshotReply next = new SnapshotReply(SELF, B, 1, SNAPSHOT, 8, 0);
    assertThat(sent).containsExactly(next, next);
  }

  @Test
  void shouldWantAnotherLeadersSnapshotFromItsStart() {
    start(Stored.nothing(THREE));
    follow(1);
    receive(piece(0, false));
    written();
    receive(piece(8, true));
    sent.clear();
    receive(new Append(B, SELF, 1, 0, 0, List.of(), 0, 5));
    assertThat(sent).containsExactly(new SnapshotReply(SELF, B, 1, SNAPSHOT, 8, 5));
    sent.clear();
    receive(new Append(C, SELF, 2, 0, 0, List.of(), 0, 6));
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
    receive(new LearnerHello(LEARNER, SELF, 2, 0));
    assertThat(snapshotReads).containsExactly(new Ready.SnapshotRead(LEARNER, own, 0));
    receive(new SnapshotReply(LEARNER, SELF, 2, own, 1_000_000, 0));
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
    receive(piece(0, true));
    receive(new Append(B, SELF, 1, 0, 0, List.of(entry(0, 1)), 0, 1));
    assertThat(rules.logEnd()).isZero();
    after(3_000);
    assertThat(sent(PreVote.class)).isEmpty();
  }

  @Test
  void shouldGoOnBehindAnInstalledSnapshot() {
    start(Stored.nothing(Set.of()));
    follow(1);
    receive(piece(0, true));
    rules.onSnapshotInstalled(nowMs, THREE);
    act();
    assertThat(sent).containsExactly(new AppendReply(SELF, B, 1, true, 10, 0, 0));
    assertThat(rules.committedEnd()).isEqualTo(10);
    assertThat(rules.voters()).isEqualTo(THREE);
  }

  @Test
  void shouldNotInstallASnapshotOfWhatItHas() {
    startWith(new HardState(1, null), new Entry(0, 1, noOps(10)), entry(10, 1));
    receive(piece(0, true));
    assertThat(sent).containsExactly(new AppendReply(SELF, B, 1, true, 10, 0, 0));
    assertThat(rules.logEnd()).isEqualTo(11);
    assertThat(rules.committedEnd()).isEqualTo(10);
  }
}
