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
import io.millrace.model.TestLoop;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.quota.ReplicationThrottle;
import io.millrace.record.BatchBuilder;
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

/**
 * Consumers that read from a follower (KIP-392): its log ends at 2, its leader has committed the
 * first record of it and, of what it has not got yet, one more.
 */
class FollowerReadsTest {
  private static final int EPOCH = 7;
  private static final TopicIdPartition ID = new TopicIdPartition(new TopicId(1, 2), "t", 0);

  @TempDir Path directory;
  private final TestLoop loop = new TestLoop();
  private final List<FetchAnswer> answers = new ArrayList<>();
  private LogDirectory logs;
  private PartitionLog log;
  private FollowerReplica follower;

  @BeforeEach
  void follow() {
    LogDirectoryOptions options = new LogDirectoryOptions(1, 10, 0, 1_000, 60_000, Long.MAX_VALUE);
    logs =
        loop.await(
            LogDirectory.open(directory, options, SystemFileIo.INSTANCE, Clock.SYSTEM, loop));
    log =
        loop.await(
            PartitionLog.open(logs, ID, LogConfig.defaults(), loop, new Told(), Clock.SYSTEM));
    ReplicaParts parts =
        new ReplicaParts(
            3,
            Clock.SYSTEM,
            Runnable::run,
            new LeaderParts(
                new AskedIsr(),
                new IsrCounters(Metrics.NONE),
                30_000,
                0,
                Racks.LEADERS_ONLY,
                new ReplicationThrottle(Clock.SYSTEM::nanos)),
            new NobodyFollows());
    follower = new FollowerReplica(parts, loop, log, /* leader= */ 1, EPOCH, 0);
    follower.begin();
    loop.await(follower.settled());
    take(batchAt(0), 0);
    take(batchAt(1), 1);
  }

  @AfterEach
  void close() {
    answers.stream()
        .map(FetchAnswer::slice)
        .filter(slice -> slice != null)
        .forEach(slice -> slice.release());
    loop.await(log.close());
    loop.await(logs.close(loop));
  }

  /** A batch of one record, as the leader has it. */
  private static ByteBuffer batchAt(long offset) {
    ByteBuffer batch = new BatchBuilder().append(1, null, new byte[1]).build();
    ByteBuffer direct = ByteBuffer.allocateDirect(batch.remaining()).put(batch).flip();
    return direct.putLong(0, offset).putInt(12, EPOCH);
  }

  private void take(ByteBuffer records, long highWatermark) {
    boolean[] taken = new boolean[1];
    follower.take(
        new Fetched(Errors.NONE, records, () -> {}, highWatermark, 0, -1, -1),
        (next, pause) -> taken[0] = true);
    loop.await(() -> taken[0]);
  }

  private FetchAnswer read(long offset, int epoch, String rack) {
    follower.read(
        new FetchRead() {
          @Override
          protected void onRead(FetchAnswer answer) {
            answers.add(answer);
          }

          @Override
          protected void onFired(FetchAnswer answer) {
            answers.add(answer);
          }
        },
        new FetchAsk(offset, epoch, -1, 1_000, false, true, null, 1, rack, -1));
    return answers.get(answers.size() - 1);
  }

  @Test
  void shouldAnswerWhatIsCommitted() {
    FetchAnswer answer = read(0, EPOCH, "east");

    assertThat(answer.error()).isEqualTo(Errors.NONE);
    assertThat(answer.highWatermark()).isEqualTo(1);
    assertThat(answer.slice().length()).isEqualTo(batchAt(0).remaining());
  }

  @Test
  void shouldLetAConsumerWaitForWhatIsNotKnownToBeCommitted() {
    FetchAnswer answer = read(1, EPOCH, "east");
    assertThat(answer.error()).isEqualTo(Errors.NONE);
    assertThat(answer.slice()).isNull();

    take(ByteBuffer.allocate(0), 2);

    assertThat(answers).hasSize(2);
    assertThat(answers.get(1).slice().length()).isEqualTo(batchAt(1).remaining());
  }

  @Test
  void shouldSendAConsumerBackToTheLeaderWhoWantsWhatIsNotHere() {
    assertThat(read(3, EPOCH, "east").error()).isEqualTo(Errors.OFFSET_OUT_OF_RANGE);
  }

  @Test
  void shouldFenceConsumersOfAnotherEpoch() {
    FetchAnswer old = read(0, EPOCH - 1, "east");

    assertThat(old.error()).isEqualTo(Errors.FENCED_LEADER_EPOCH);
    assertThat(old.leaderId()).isEqualTo(1);
    assertThat(old.leaderEpoch()).isEqualTo(EPOCH);
    assertThat(read(0, EPOCH + 1, "east").error()).isEqualTo(Errors.UNKNOWN_LEADER_EPOCH);
  }

  @Test
  void shouldRefuseConsumersThatKnowLeadersOnly() {
    FetchAnswer answer = read(0, EPOCH, null);

    assertThat(answer.error()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
    assertThat(answer.leaderId()).isEqualTo(1);
  }

  @Test
  void shouldTellWhatItLacksOfWhatIsCommitted() {
    assertThat(follower.followerLag()).isZero();

    take(ByteBuffer.allocate(0), 9);

    assertThat(follower.followerLag()).isEqualTo(7);
  }

  private final class Told implements LogListener {
    @Override
    public void onPersisted(long logEndOffset) {
      follower.onPersisted();
    }

    @Override
    public void onAppendFailed(long fromOffset, IOException cause, boolean retriable) {
      throw new AssertionError(cause);
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
}
