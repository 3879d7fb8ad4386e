package io.millrace.partition;

import static io.millrace.partition.FollowerFixture.EPOCH;
import static io.millrace.partition.FollowerFixture.batch;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.LogConfig;
import io.millrace.model.EpochEnd;
import io.millrace.partition.FollowerFixture.Took;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FollowerReplicaTest {
  @TempDir Path directory;
  private FollowerFixture fixture;

  @BeforeEach
  void open() {
    open(LogConfig.defaults());
  }

  private void open(LogConfig config) {
    fixture = new FollowerFixture(directory, config);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  // ---- taking

  @Test
  void shouldSayWhatIsPersistedAndLearnWhatIsCommitted() {
    fixture.follow(0);

    fixture.take(fixture.records(batch(0, 3, 4), 3, 0));

    assertThat(fixture.awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(4, 3, 0), false));
    assertThat(fixture.follower.highWatermark()).isEqualTo(3);
    assertThat(fixture.released).isOne();
  }

  @Test
  void shouldAskAgainWhatItWasNotToldAll() {
    fixture.follow(0);
    fixture.replicate(3, 4);

    fixture.take(fixture.diverging(2, 2, 100));

    assertThat(fixture.awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(0, -1, 0), false));
  }

  @Test
  void shouldLearnNoHighWatermarkFromAnAnswerThatDiverges() {
    fixture.follow(0);
    fixture.replicate(1, 4);
    fixture.replicate(3, 8);

    // What is left up to 4 is of an epoch that may end elsewhere in the leader's log.
    fixture.take(fixture.diverging(2, 6, 6));

    assertThat(fixture.awaitTaken().next()).isEqualTo(new FollowedLog.Point(4, 1, 0));
    assertThat(fixture.follower.highWatermark()).isZero();
  }

  @Test
  void shouldStartAnewWhereTheLeaderDoes() {
    fixture.follow(0);
    fixture.replicate(3, 4);

    fixture.take(fixture.refused(Errors.OFFSET_OUT_OF_RANGE, 20));

    assertThat(fixture.awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(20, -1, 20), false));
    assertThat(fixture.follower.highWatermark()).isEqualTo(20);
    fixture.replicate(3, 22);
    assertThat(fixture.log.logStartOffset()).isEqualTo(20);
  }

  @Test
  void shouldStartAnewWithinABatch() {
    fixture.follow(0);
    fixture.take(fixture.refused(Errors.OFFSET_OUT_OF_RANGE, 17));
    assertThat(fixture.awaitTaken().next().offset()).isEqualTo(17);

    // The leader has deleted 14 to 16, and keeps their batch whole.
    fixture.take(fixture.records(batch(14, 3, 6), 20, 17));

    assertThat(fixture.awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(20, 3, 17), false));
    assertThat(fixture.log.logStartOffset()).isEqualTo(17);
    assertThat(fixture.follower.highWatermark()).isEqualTo(20);
  }

  @Test
  void shouldStartAnewWithinABatchWhereItsOwnLogEnds() {
    fixture.follow(0);
    fixture.replicate(2, 17);

    fixture.take(fixture.records(batch(14, 3, 6), 20, 17));

    assertThat(fixture.awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(20, 3, 17), false));
    assertThat(fixture.log.logStartOffset()).isEqualTo(17);
  }

  @Test
  void shouldBeCutBeforeItsStart() {
    fixture.follow(0);
    fixture.replicate(3, 8);
    fixture.take(fixture.nothing(8, 6));
    fixture.awaitTaken();
    assertThat(fixture.log.logStartOffset()).isEqualTo(6);

    // An unclean leader ends earlier.
    fixture.take(fixture.diverging(3, 2, 2));

    assertThat(fixture.awaitTaken().next()).isEqualTo(new FollowedLog.Point(2, -1, 2));
    assertThat(fixture.log.logStartOffset()).isEqualTo(2);
    fixture.replicate(9, 5);
    assertThat(fixture.log.endOfEpoch(9)).isEqualTo(new EpochEnd(9, 5));
  }

  @Test
  void shouldForgetAnEpochInWhichNothingWasWritten() {
    fixture.log.startEpoch(4);

    fixture.follow(0);

    assertThat(fixture.log.latestEpoch()).isEqualTo(-1);
  }

  @Test
  void shouldPauseAfterABadBatch() {
    fixture.follow(0);
    ByteBuffer bad = batch(0, 3, 1);
    bad.put(bad.limit() - 1, (byte) ~bad.get(bad.limit() - 1));

    fixture.take(fixture.records(bad, 1, 0));

    assertThat(fixture.awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(0, -1, 0), true));
    assertThat(fixture.released).isOne();
  }

  @Test
  void shouldPauseWhenTheLeaderDoesNotAnswer() {
    fixture.follow(0);

    fixture.take(fixture.refused(Errors.UNKNOWN_LEADER_EPOCH, -1));

    assertThat(fixture.awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(0, -1, 0), true));
  }

  // ---- roles

  @Test
  void shouldEndACutAlthoughItFollowsNoMore() {
    fixture.follow(0);
    fixture.replicate(3, 4);

    fixture.take(fixture.diverging(3, 2, 2));
    fixture.follower.retire(Errors.NOT_LEADER_OR_FOLLOWER);
    boolean[] settled = {false};
    fixture.follower.settled().onComplete(any -> settled[0] = true);
    fixture.loop.await(() -> settled[0]);

    assertThat(fixture.took).containsExactly(new Took(null, false));
    assertThat(fixture.log.logEndOffset()).isEqualTo(2);
    assertThat(fixture.following.followed).isEmpty();
  }

  @Test
  void shouldTakeNothingAfterItHasRetired() {
    fixture.follow(0);
    fixture.follower.retire(Errors.NOT_LEADER_OR_FOLLOWER);

    fixture.take(fixture.records(batch(0, 3, 1), 1, 0));

    assertThat(fixture.awaitTaken()).isEqualTo(new Took(null, false));
    assertThat(fixture.log.nextOffset()).isZero();
    assertThat(fixture.released).isOne();
  }

  @Test
  void shouldGiveTheMemoryBackThatItTakesNoMoreSinceItFollowsNoMore() {
    fixture.follow(0);
    fixture.take(fixture.refused(Errors.OFFSET_OUT_OF_RANGE, 17));
    fixture.awaitTaken();
    fixture.released = 0;

    // It starts anew within the batch first.
    fixture.take(fixture.records(batch(14, 3, 6), 20, 17));
    fixture.follower.retire(Errors.NOT_LEADER_OR_FOLLOWER);
    fixture.loop.await(fixture.follower.settled());

    assertThat(fixture.released).isOne();
    assertThat(fixture.log.nextOffset()).isEqualTo(14);
  }

  @Test
  void shouldKeepTheMemoryUntilItIsWrittenAlthoughItFollowsNoMore() throws IOException {
    fixture.follow(0);
    ByteBuffer records = batch(0, 3, 4);
    byte[] sent = new byte[records.remaining()];
    records.get(0, sent);

    // The first segment is made by the worker.
    fixture.take(fixture.records(records, 4, 0));
    fixture.follower.retire(Errors.NOT_LEADER_OR_FOLLOWER);
    assertThat(fixture.released).isZero();
    fixture.loop.await(() -> fixture.log.logEndOffset() == 4);

    assertThat(fixture.released).isOne();
    assertThat(fixture.bytes()).isEqualTo(sent);
  }

  @Test
  void shouldTakeTheGoodBatchesInFrontOfABadOne() throws IOException {
    fixture.follow(0);
    ByteBuffer good = batch(0, 3, 2);
    byte[] sent = new byte[good.remaining()];
    good.get(0, sent);
    ByteBuffer bad = batch(2, 3, 2);
    bad.put(bad.limit() - 1, (byte) ~bad.get(bad.limit() - 1));
    ByteBuffer both = ByteBuffer.allocateDirect(good.remaining() + bad.remaining());
    both.put(good).put(bad).flip();

    fixture.take(fixture.records(both, 4, 0));

    assertThat(fixture.awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(2, 3, 0), true));
    assertThat(fixture.released).isOne();
    assertThat(fixture.bytes()).isEqualTo(sent);
  }

  @Test
  void shouldNotBeReadWhileItIsCut() {
    fixture.follow(0);
    fixture.replicate(3, 4);
    Reader reader = new Reader();

    fixture.take(fixture.diverging(3, 2, 2));
    fixture.follower.read(reader, new FetchAsk(0, EPOCH, -1, 1_000, false, true, null, 1));
    fixture.awaitTaken();

    assertThat(reader.read)
        .extracting(FetchAnswer::error)
        .containsExactly(Errors.NOT_LEADER_OR_FOLLOWER);
  }

  @Test
  void shouldSayThatItHasOnlyWhatIsFsyncedWhereThatIsAskedFor() {
    close();
    open(LogConfig.defaults().with().flushMessages(1).build());
    fixture.follow(0);

    fixture.take(fixture.records(batch(0, 3, 2), 2, 0));

    assertThat(fixture.awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(2, 3, 0), false));
    fixture.take(fixture.diverging(3, 1, 1));
    assertThat(fixture.awaitTaken().next()).isEqualTo(new FollowedLog.Point(0, -1, 0));
  }

  @Test
  void shouldShowConsumersWhatIsCommitted() {
    fixture.follow(0);
    Reader reader = new Reader();
    fixture.follower.read(reader, new FetchAsk(0, EPOCH, -1, 1_000, false, true, null, 1));

    fixture.take(fixture.records(batch(0, 3, 1), 0, 0));
    fixture.awaitTaken();
    assertThat(reader.fired).isEmpty();
    fixture.take(fixture.nothing(1, 0));
    fixture.awaitTaken();

    assertThat(reader.fired).hasSize(1);
    assertThat(reader.fired.get(0).slice().length()).isPositive();
    reader.fired.get(0).slice().release();
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
  }
}
