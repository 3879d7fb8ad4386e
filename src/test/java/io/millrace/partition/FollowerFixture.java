package io.millrace.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.FileSlice;
import io.millrace.log.LogConfig;
import io.millrace.log.PartitionLog;
import io.millrace.log.ReadResult;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
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

/**
 * A follower on a real log; the test's thread is its loop, and the test is its leader.
 *
 * <p>Owner: the test's thread.
 */
final class FollowerFixture implements AutoCloseable {
  static final int LEADER = 2;
  static final int EPOCH = 9;

  /** What came of an answer. */
  record Took(FollowedLog.Point next, boolean pause) {}

  final TestLoop loop = new TestLoop();
  final NobodyFollows following = new NobodyFollows();

  /** What came of the answer that was taken last. */
  final List<Took> took = new ArrayList<>();

  /** How many answers' buffers were given back. */
  int released;

  private final RealLog real;
  final PartitionLog log;

  /** Null until {@link #follow}. */
  FollowerReplica follower;

  FollowerFixture(Path directory, LogConfig config) {
    real = new RealLog(directory, config, loop, new Told());
    log = real.log;
  }

  /** Of a node that asks the controller in vain, and computes on its loop. */
  static ReplicaParts parts(int node, TestLoop loop, Following following) {
    return new ReplicaParts(
        node,
        Clock.SYSTEM,
        loop,
        new LeaderParts(
            new AskedIsr(),
            new IsrCounters(Metrics.NONE),
            30_000,
            0,
            Racks.LEADERS_ONLY,
            new ReplicationThrottle(Clock.SYSTEM::nanos),
            TransactionVerifier.NONE),
        following);
  }

  /** Begins to follow. */
  void follow(long highWatermark) {
    follower =
        new FollowerReplica(parts(1, loop, following), loop, log, LEADER, EPOCH, highWatermark);
    follower.begin();
    takeAndAwait(null);
  }

  /** The leader has answered so; null = it is asked for the first time. */
  void take(Fetched fetched) {
    took.clear();
    follower.take(fetched, (next, pause) -> took.add(new Took(next, pause)));
  }

  Took awaitTaken() {
    loop.await(() -> !took.isEmpty());
    assertThat(took).hasSize(1);
    return took.get(0);
  }

  Took takeAndAwait(Fetched fetched) {
    take(fetched);
    return awaitTaken();
  }

  /** Brings the log to this end with batches of one record. */
  void replicate(int epoch, long end) {
    while (log.logEndOffset() < end) {
      takeAndAwait(records(batch(log.logEndOffset(), epoch, 1), 0, 0));
    }
  }

  /** All that the log has. */
  byte[] bytes() throws IOException {
    ReadResult result = log.read(log.logStartOffset(), log.logEndOffset(), Integer.MAX_VALUE, true);
    if (result instanceof ReadResult.Later later) {
      result = loop.await(later.result());
    }
    FileSlice slice = ((ReadResult.Data) result).slice();
    try {
      ByteBuffer bytes = ByteBuffer.allocate(slice.length());
      while (bytes.hasRemaining()) {
        assertThat(slice.channel().read(bytes, slice.position() + bytes.position())).isPositive();
      }
      return bytes.array();
    } finally {
      slice.release();
    }
  }

  // ---- What leaders answer

  static ByteBuffer batch(long baseOffset, int epoch, int records) {
    BatchBuilder builder = new BatchBuilder();
    for (int i = 0; i < records; i++) {
      builder.append(1, null, new byte[10]);
    }
    ByteBuffer batch = builder.build();
    RecordBatch.setBaseOffset(batch, batch.position(), baseOffset);
    RecordBatch.setLeaderEpoch(batch, batch.position(), epoch);
    return ByteBuffer.allocateDirect(batch.remaining()).put(batch).flip();
  }

  Fetched records(ByteBuffer records, long highWatermark, long startOffset) {
    return new Fetched(
        Errors.NONE, records, () -> release(records), highWatermark, startOffset, -1, -1);
  }

  /** The memory has another use from now on. */
  private void release(ByteBuffer records) {
    released++;
    for (int at = 0; at < records.capacity(); at++) {
      records.put(at, (byte) 0);
    }
  }

  Fetched nothing(long highWatermark, long startOffset) {
    return records(ByteBuffer.allocate(0), highWatermark, startOffset);
  }

  Fetched diverging(int epoch, long endOffset, long highWatermark) {
    return new Fetched(
        Errors.NONE, ByteBuffer.allocate(0), () -> released++, highWatermark, 0, epoch, endOffset);
  }

  Fetched refused(Errors error, long startOffset) {
    return new Fetched(error, ByteBuffer.allocate(0), () -> released++, -1, startOffset, -1, -1);
  }

  @Override
  public void close() {
    real.close();
  }

  /** What the partition's verticle does with the log's news. */
  private final class Told implements SoundLogListener {
    @Override
    public void onPersisted(long logEndOffset) {
      follower.onPersisted();
    }

    @Override
    public void onAppendFailed(long fromOffset, IOException cause, boolean retriable) {
      follower.onAppendFailed(cause);
    }

    @Override
    public void onLogStartOffset(long logStartOffset) {
      follower.fireWatchers();
    }
  }
}
