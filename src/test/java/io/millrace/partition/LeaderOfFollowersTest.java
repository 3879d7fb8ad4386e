package io.millrace.partition;

import static io.millrace.partition.LeaderFixture.EPOCH;
import static io.millrace.partition.LeaderFixture.NODE;
import static io.millrace.partition.LeaderFixture.OTHER;
import static io.millrace.partition.LeaderFixture.batch;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.partition.state.IsrProposal;
import io.millrace.record.ValidationRules;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a leader answers its followers, and whom it asks into the ISR. */
class LeaderOfFollowersTest {
  private static final long OTHERS_EPOCH = 70 + OTHER;

  @TempDir Path directory;
  private LeaderFixture f;

  @BeforeEach
  void open() {
    f = new LeaderFixture(directory);
  }

  @AfterEach
  void close() {
    f.close();
  }

  private void lead(Integer... isr) {
    f.lead(f.loop, ValidationRules.DEFAULT, 1, isr);
  }

  private void append(int count) {
    long end = f.log.nextOffset() + count;
    for (int i = 0; i < count; i++) {
      f.log.assign(direct(), EPOCH, 0, () -> {});
    }
    f.log.write();
    f.loop.await(() -> f.log.logEndOffset() == end);
  }

  private static java.nio.ByteBuffer direct() {
    java.nio.ByteBuffer heap = batch("a");
    return java.nio.ByteBuffer.allocateDirect(heap.remaining()).put(heap).flip();
  }

  private static FetchAsk ask(long offset, int lastEpoch, long brokerEpoch) {
    return new FetchAsk(
        offset, EPOCH, lastEpoch, 10_000, false, true, new Follower(OTHER, brokerEpoch), 1);
  }

  private Reader fetch(long offset, int lastEpoch, long brokerEpoch) {
    Reader reader = new Reader();
    f.leader.read(reader, ask(offset, lastEpoch, brokerEpoch));
    f.loop.await(() -> !reader.read.isEmpty());
    return reader;
  }

  // ---- reads

  @Test
  void shouldCommitWhatAFollowerHas() {
    lead(NODE, OTHER);
    append(3);

    fetch(2, EPOCH, OTHERS_EPOCH).releaseAll();

    assertThat(f.leader.highWatermark()).isEqualTo(2);
  }

  @Test
  void shouldNotCountWhatDiverges() {
    lead(NODE, OTHER);
    append(3);

    Reader reader = fetch(3, EPOCH - 1, OTHERS_EPOCH);

    assertThat(reader.read.get(0).diverging().leaderEpoch()).isEqualTo(EPOCH - 1);
    assertThat(reader.read.get(0).diverging().endOffset()).isZero();
    assertThat(f.leader.highWatermark()).isZero();
  }

  @Test
  void shouldTellAFollowerThatHasMoreWhereToCut() {
    lead(NODE, OTHER);
    append(1);

    Reader reader = fetch(5, -1, OTHERS_EPOCH);

    assertThat(reader.read.get(0).diverging().leaderEpoch()).isEqualTo(EPOCH);
    assertThat(reader.read.get(0).diverging().endOffset()).isOne();
    assertThat(f.leader.highWatermark()).isZero();
  }

  @Test
  void shouldNotCountALateRequestOfAProcessThatHasEnded() {
    lead(NODE, OTHER);
    append(3);
    fetch(1, EPOCH, OTHERS_EPOCH).releaseAll();

    fetch(3, EPOCH, OTHERS_EPOCH - 1).releaseAll();

    assertThat(f.leader.highWatermark()).isOne();
    assertThat(f.leader.state().endOf(OTHER)).isOne();
  }

  @Test
  void shouldRefuseWhoHasNoReplica() {
    lead(NODE);
    Reader reader = new Reader();

    f.leader.read(reader, new FetchAsk(0, EPOCH, -1, 100, false, true, new Follower(5, 1), 1));

    assertThat(reader.read)
        .extracting(FetchAnswer::error)
        .containsExactly(Errors.NOT_LEADER_OR_FOLLOWER);
  }

  @Test
  void shouldTellAWaitingFollowerOfTheHighWatermark() {
    lead(NODE, OTHER);
    append(1);
    Reader waiting = fetch(1, EPOCH, OTHERS_EPOCH);
    assertThat(waiting.read.get(0).highWatermark()).isOne();
    Reader before = fetch(1, EPOCH, OTHERS_EPOCH);
    f.leader.unwatch(before);
    append(1);
    assertThat(waiting.fired).hasSize(1);
    waiting.releaseAll();

    f.leader.read(waiting, ask(2, EPOCH, OTHERS_EPOCH));
    f.loop.await(() -> f.leader.highWatermark() == 2);

    assertThat(waiting.read.get(1).highWatermark()).isEqualTo(2);
    assertThat(before.fired).isEmpty();
  }

  // ---- the ISR

  @Test
  void shouldAskForAFollowerThatHasCaughtUp() {
    lead(NODE);
    append(2);

    fetch(1, EPOCH, OTHERS_EPOCH).releaseAll();
    assertThat(f.isrChanges.asked).isEmpty();
    fetch(2, EPOCH, OTHERS_EPOCH).releaseAll();

    assertThat(f.isrChanges.asked).extracting(IsrProposal::joining).containsExactly(List.of(OTHER));
  }

  @Test
  void shouldNotAskForAnOldProcess() {
    lead(NODE);

    fetch(0, -1, OTHERS_EPOCH - 1).releaseAll();

    assertThat(f.isrChanges.asked).isEmpty();
  }

  @Test
  void shouldCountAMemberUntilTheImageSaysThatItLeft() {
    lead(NODE);
    fetch(0, -1, OTHERS_EPOCH).releaseAll();
    append(1);
    assertThat(f.leader.highWatermark()).as("it may be a member already").isZero();

    f.isrChanges.answer(new IsrChanges.Outcome.Committed(1, List.of(NODE, OTHER)));
    assertThat(f.leader.state().committed().isr()).as("not before the image").containsExactly(NODE);
    f.commitIsr(NODE, OTHER);
    assertThat(f.leader.state().proposed()).isNull();
    assertThat(f.leader.highWatermark()).isZero();

    f.commitIsr(NODE);
    assertThat(f.leader.highWatermark()).isOne();
  }

  @Test
  void shouldGoOnWhenThereWasNothingToChange() {
    lead(NODE);
    fetch(0, -1, OTHERS_EPOCH).releaseAll();
    append(1);

    f.isrChanges.answer(new IsrChanges.Outcome.Committed(0, List.of(NODE)));

    assertThat(f.leader.state().proposed()).isNull();
    assertThat(f.leader.highWatermark()).isOne();
  }

  @Test
  void shouldAskAgainWhenNobodyKnowsWhatBecameOfIt() {
    lead(NODE);
    fetch(0, -1, OTHERS_EPOCH).releaseAll();
    append(1);

    f.isrChanges.answer(new IsrChanges.Outcome.Unknown());
    f.loop.await(() -> f.isrChanges.asked.size() == 2);

    assertThat(f.isrChanges.asked.get(1)).isEqualTo(f.isrChanges.asked.get(0));
    assertThat(f.leader.highWatermark()).as("it may be committed").isZero();
  }

  @Test
  void shouldWaitForTheImageWhenTheControllerKnowsMore() {
    lead(NODE);
    fetch(0, -1, OTHERS_EPOCH).releaseAll();
    append(1);

    f.isrChanges.answer(new IsrChanges.Outcome.Outdated());
    assertThat(f.leader.highWatermark()).as("the proposal may be what it knows").isZero();

    f.commitIsr(NODE);
    assertThat(f.leader.highWatermark()).isOne();
  }

  @Test
  void shouldAskAgainForAnIdleFollowerWhenTheImageSettlesSomethingElse() {
    lead(NODE);
    fetch(0, -1, OTHERS_EPOCH).releaseAll();
    f.isrChanges.answer(new IsrChanges.Outcome.Outdated());

    f.commitIsr(NODE);

    assertThat(f.isrChanges.asked).extracting(IsrProposal::partitionEpoch).containsExactly(0, 1);
  }

  @Test
  void shouldIgnoreAnAnswerThatComesAfterTheImage() {
    lead(NODE);
    fetch(0, -1, OTHERS_EPOCH).releaseAll();
    append(1);
    f.commitIsr(NODE);

    f.isrChanges.answer(new IsrChanges.Outcome.Committed(1, List.of(NODE, OTHER)));

    assertThat(f.leader.state().committed().isr()).containsExactly(NODE);
    assertThat(f.leader.highWatermark()).isOne();
  }

  @Test
  void shouldGiveUpAMemberThatNeverFetchesThoughNothingIsAppended() {
    lead(NODE);
    append(1);
    f.leader.retire(
        Errors.NOT_LEADER_OR_FOLLOWER, new OfflineReplica(Errors.NOT_LEADER_OR_FOLLOWER, null));
    f.replicaLagMaxMs = 50;
    f.leadAgain(NODE, OTHER);

    f.leader.reviewIsr();
    f.loop.await(() -> !f.isrChanges.asked.isEmpty());

    assertThat(f.isrChanges.asked.get(0).leaving()).containsExactly(OTHER);
  }

  private static final class Reader extends FetchRead {
    private final List<FetchAnswer> read = new ArrayList<>();
    private final List<FetchAnswer> fired = new ArrayList<>();

    @Override
    protected void onRead(FetchAnswer answer) {
      read.add(answer);
    }

    @Override
    protected void onFired(FetchAnswer answer) {
      fired.add(answer);
    }

    private void releaseAll() {
      read.forEach(Reader::release);
      fired.forEach(Reader::release);
    }

    private static void release(FetchAnswer answer) {
      if (answer.slice() != null) {
        answer.slice().release();
      }
    }
  }
}
