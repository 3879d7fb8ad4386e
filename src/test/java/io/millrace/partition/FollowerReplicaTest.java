package io.millrace.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogDirectoryOptions;
import io.millrace.log.LogListener;
import io.millrace.log.PartitionLog;
import io.millrace.log.SystemFileIo;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.model.EpochEnd;
import io.millrace.model.TestLoop;
import io.millrace.quota.ReplicationThrottle;
import io.millrace.record.BatchBuilder;
import io.millrace.record.RecordBatch;
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

/** A follower on a real log; the test's thread is its loop, and the test is its leader. */
class FollowerReplicaTest {
  private static final int LEADER = 2;
  private static final int EPOCH = 9;

  /** What came of an answer. */
  private record Took(FollowedLog.Point next, boolean pause) {}

  @TempDir Path directory;
  private final TestLoop loop = new TestLoop();
  private final NobodyFollows following = new NobodyFollows();
  private final List<Took> took = new ArrayList<>();
  private LogDirectory logs;
  private PartitionLog log;
  private FollowerReplica follower;
  private int released;

  @BeforeEach
  void open() {
    open(LogConfig.defaults());
  }

  private void open(LogConfig config) {
    LogDirectoryOptions options = new LogDirectoryOptions(1, 10, 0, 1_000, 60_000, Long.MAX_VALUE);
    logs =
        loop.await(
            LogDirectory.open(directory, options, SystemFileIo.INSTANCE, Clock.SYSTEM, loop));
    log =
        loop.await(
            PartitionLog.open(logs, LeaderFixture.ID, config, loop, new Told(), Clock.SYSTEM));
  }

  @AfterEach
  void close() {
    loop.await(log.close());
    loop.await(logs.close(loop));
  }

  private void reopen(LogConfig config) {
    close();
    open(config);
  }

  // ---- verbs

  private void follow(long highWatermark) {
    follower =
        new FollowerReplica(
            new ReplicaParts(
                1,
                Clock.SYSTEM,
                loop,
                new LeaderParts(
                    new AskedIsr(),
                    new IsrCounters(Metrics.NONE),
                    30_000,
                    0,
                    Racks.LEADERS_ONLY,
                    new ReplicationThrottle(Clock.SYSTEM::nanos)),
                following),
            loop,
            log,
            LEADER,
            EPOCH,
            highWatermark);
    follower.begin();
    take(null);
    awaitTaken();
  }

  private void take(Fetched fetched) {
    took.clear();
    follower.take(fetched, (next, pause) -> took.add(new Took(next, pause)));
  }

  private Took awaitTaken() {
    loop.await(() -> !took.isEmpty());
    assertThat(took).hasSize(1);
    return took.get(0);
  }

  private static ByteBuffer batch(long baseOffset, int epoch, int records) {
    BatchBuilder builder = new BatchBuilder();
    for (int i = 0; i < records; i++) {
      builder.append(1, null, new byte[10]);
    }
    ByteBuffer batch = builder.build();
    RecordBatch.setBaseOffset(batch, batch.position(), baseOffset);
    RecordBatch.setLeaderEpoch(batch, batch.position(), epoch);
    return ByteBuffer.allocateDirect(batch.remaining()).put(batch).flip();
  }

  private Fetched records(ByteBuffer records, long highWatermark, long startOffset) {
    return new Fetched(Errors.NONE, records, () -> released++, highWatermark, startOffset, -1, -1);
  }

  private Fetched diverging(int epoch, long endOffset, long highWatermark) {
    return new Fetched(
        Errors.NONE, ByteBuffer.allocate(0), () -> released++, highWatermark, 0, epoch, endOffset);
  }

  private Fetched refused(Errors error, long startOffset) {
    return new Fetched(error, ByteBuffer.allocate(0), () -> released++, -1, startOffset, -1, -1);
  }

  /** Brings the log to this end with batches of one record. */
  private void replicate(int epoch, long end) {
    while (log.logEndOffset() < end) {
      take(records(batch(log.logEndOffset(), epoch, 1), 0, 0));
      awaitTaken();
    }
  }

  // ---- taking

  @Test
  void shouldSayWhatIsPersistedAndLearnWhatIsCommitted() {
    follow(0);

    take(records(batch(0, 3, 4), 3, 0));

    assertThat(awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(4, 3, 0), false));
    assertThat(follower.highWatermark()).isEqualTo(3);
    assertThat(released).isOne();
  }

  @Test
  void shouldAskAgainWhatItWasNotToldAll() {
    follow(0);
    replicate(3, 4);

    take(diverging(2, 2, 100));

    assertThat(awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(0, -1, 0), false));
  }

  @Test
  void shouldLearnNoHighWatermarkFromAnAnswerThatDiverges() {
    follow(0);
    replicate(1, 4);
    replicate(3, 8);

    // What is left up to 4 is of an epoch that may end elsewhere in the leader's log.
    take(diverging(2, 6, 6));

    assertThat(awaitTaken().next()).isEqualTo(new FollowedLog.Point(4, 1, 0));
    assertThat(follower.highWatermark()).isZero();
  }

  @Test
  void shouldStartAnewWhereTheLeaderDoes() {
    follow(0);
    replicate(3, 4);

    take(refused(Errors.OFFSET_OUT_OF_RANGE, 20));

    assertThat(awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(20, -1, 20), false));
    assertThat(follower.highWatermark()).isEqualTo(20);
    replicate(3, 22);
    assertThat(log.logStartOffset()).isEqualTo(20);
  }

  @Test
  void shouldStartAnewWithinABatch() {
    follow(0);
    take(refused(Errors.OFFSET_OUT_OF_RANGE, 17));
    assertThat(awaitTaken().next().offset()).isEqualTo(17);

    // The leader has deleted 14 to 16, and keeps their batch whole.
    take(records(batch(14, 3, 6), 20, 17));

    assertThat(awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(20, 3, 17), false));
    assertThat(log.logStartOffset()).isEqualTo(17);
    assertThat(follower.highWatermark()).isEqualTo(20);
  }

  @Test
  void shouldBeCutBeforeItsStart() {
    follow(0);
    replicate(3, 8);
    take(records(ByteBuffer.allocate(0), 8, 6));
    awaitTaken();
    assertThat(log.logStartOffset()).isEqualTo(6);

    // An unclean leader ends earlier.
    take(diverging(3, 2, 2));

    assertThat(awaitTaken().next()).isEqualTo(new FollowedLog.Point(2, -1, 2));
    assertThat(log.logStartOffset()).isEqualTo(2);
    replicate(9, 5);
    assertThat(log.endOfEpoch(9)).isEqualTo(new EpochEnd(9, 5));
  }

  @Test
  void shouldForgetAnEpochInWhichNothingWasWritten() {
    log.startEpoch(4);

    follow(0);

    assertThat(log.latestEpoch()).isEqualTo(-1);
  }

  @Test
  void shouldPauseAfterABadBatch() {
    follow(0);
    ByteBuffer bad = batch(0, 3, 1);
    bad.put(bad.limit() - 1, (byte) ~bad.get(bad.limit() - 1));

    take(records(bad, 1, 0));

    assertThat(awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(0, -1, 0), true));
    assertThat(released).isOne();
  }

  @Test
  void shouldPauseWhenTheLeaderDoesNotAnswer() {
    follow(0);

    take(refused(Errors.UNKNOWN_LEADER_EPOCH, -1));

    assertThat(awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(0, -1, 0), true));
  }

  // ---- roles

  @Test
  void shouldEndACutAlthoughItFollowsNoMore() {
    follow(0);
    replicate(3, 4);

    take(diverging(3, 2, 2));
    follower.retire(Errors.NOT_LEADER_OR_FOLLOWER);
    boolean[] settled = {false};
    follower.settled().onComplete(any -> settled[0] = true);
    loop.await(() -> settled[0]);

    assertThat(took).containsExactly(new Took(null, false));
    assertThat(log.logEndOffset()).isEqualTo(2);
    assertThat(following.followed).isEmpty();
  }

  @Test
  void shouldTakeNothingAfterItHasRetired() {
    follow(0);
    follower.retire(Errors.NOT_LEADER_OR_FOLLOWER);

    take(records(batch(0, 3, 1), 1, 0));

    assertThat(awaitTaken()).isEqualTo(new Took(null, false));
    assertThat(log.nextOffset()).isZero();
    assertThat(released).isOne();
  }

  @Test
  void shouldNotBeReadWhileItIsCut() {
    follow(0);
    replicate(3, 4);
    Reader reader = new Reader();

    take(diverging(3, 2, 2));
    follower.read(reader, new FetchAsk(0, EPOCH, -1, 1_000, false, true, null, 1));
    awaitTaken();

    assertThat(reader.read)
        .extracting(FetchAnswer::error)
        .containsExactly(Errors.NOT_LEADER_OR_FOLLOWER);
  }

  @Test
  void shouldSayThatItHasOnlyWhatIsFsyncedWhereThatIsAskedFor() {
    reopen(LogConfig.defaults().with().flushMessages(1).build());
    follow(0);

    take(records(batch(0, 3, 2), 2, 0));

    assertThat(awaitTaken()).isEqualTo(new Took(new FollowedLog.Point(2, 3, 0), false));
    take(diverging(3, 1, 1));
    assertThat(awaitTaken().next()).isEqualTo(new FollowedLog.Point(0, -1, 0));
  }

  @Test
  void shouldShowConsumersWhatIsCommitted() {
    follow(0);
    Reader reader = new Reader();
    follower.read(reader, new FetchAsk(0, EPOCH, -1, 1_000, false, true, null, 1));

    take(records(batch(0, 3, 1), 0, 0));
    awaitTaken();
    assertThat(reader.fired).isEmpty();
    take(records(ByteBuffer.allocate(0), 1, 0));
    awaitTaken();

    assertThat(reader.fired).hasSize(1);
    assertThat(reader.fired.get(0).slice().length()).isPositive();
    reader.fired.get(0).slice().release();
  }

  /** What the partition's verticle does with the log's news. */
  private final class Told implements LogListener {
    @Override
    public void onPersisted(long logEndOffset) {
      follower.onPersisted();
    }

    @Override
    public void onAppendFailed(long fromOffset, IOException cause, boolean retriable) {
      follower.onAppendFailed(cause);
    }

    @Override
    public void onOffline(IOException cause) {
      throw new AssertionError(cause);
    }

    @Override
    public void onLogStartOffset(long logStartOffset) {
      follower.fireWatchers();
    }
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
