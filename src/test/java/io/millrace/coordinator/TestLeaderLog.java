package io.millrace.coordinator;

import io.millrace.log.AppendOutcome;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogDirectoryOptions;
import io.millrace.log.LogListener;
import io.millrace.log.PartitionLog;
import io.millrace.log.ReadResult;
import io.millrace.log.SystemFileIo;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.model.TestLoop;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.TransactionMarker;
import io.millrace.partition.LeaderLog;
import io.millrace.partition.Resident;
import io.millrace.record.ControlBatch;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * A leader's log on a real disk. The high watermark follows what is persisted, unless a test holds
 * it.
 *
 * <p>Owner: the test's thread.
 */
final class TestLeaderLog implements LeaderLog, LogListener, AutoCloseable {
  static final TopicIdPartition ID =
      new TopicIdPartition(new TopicId(1, 2), "__consumer_offsets", 3);

  final TestLoop loop;
  private final LogDirectory directory;
  final PartitionLog log;
  Resident resident;
  boolean holding;
  Errors refusal = Errors.NONE;
  // What the next append is refused by although nothing foretold it.
  Errors surprise = Errors.NONE;
  int maxBatchBytes = 1 << 20;
  int appends;
  // Compaction has left nothing from this offset on.
  long hole = Long.MAX_VALUE;
  private long highWatermark;
  // What is answered to whoever wants to be sure; null = later.
  Boolean sure = true;
  final List<Promise<Boolean>> unsure = new ArrayList<>();

  TestLeaderLog(TestLoop loop, Path path, LogConfig config) {
    this.loop = loop;
    LogDirectoryOptions options = new LogDirectoryOptions(2, 100, 0, 50, 60_000, Long.MAX_VALUE);
    directory =
        loop.await(LogDirectory.open(path, options, SystemFileIo.INSTANCE, Clock.SYSTEM, loop));
    log = loop.await(PartitionLog.open(directory, ID, config, loop, this, Clock.SYSTEM));
    highWatermark = log.logEndOffset();
  }

  /** The followers catch up. */
  void releaseHighWatermark() {
    holding = false;
    advance();
  }

  private void advance() {
    if (!holding && log.logEndOffset() > highWatermark) {
      highWatermark = log.logEndOffset();
      if (resident != null) {
        resident.onHighWatermark(highWatermark);
      }
    }
  }

  @Override
  public void onPersisted(long logEndOffset) {
    advance();
  }

  @Override
  public void onAppendFailed(long fromOffset, IOException cause, boolean retriable) {
    resident.onAppendFailed(fromOffset, cause);
  }

  @Override
  public void onOffline(IOException cause) {}

  @Override
  public void onLogStartOffset(long logStartOffset) {}

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public int leaderEpoch() {
    return 4;
  }

  @Override
  public long logStartOffset() {
    return log.logStartOffset();
  }

  @Override
  public long nextOffset() {
    return log.nextOffset();
  }

  @Override
  public long logEndOffset() {
    return log.logEndOffset();
  }

  @Override
  public long highWatermark() {
    return highWatermark;
  }

  @Override
  public Future<Boolean> confirmLead() {
    Promise<Boolean> asked = Promise.promise();
    if (sure == null) {
      unsure.add(asked);
    } else {
      asked.complete(sure);
    }
    return asked.future();
  }

  @Override
  public int maxBatchBytes() {
    return maxBatchBytes;
  }

  @Override
  public Errors refusal() {
    return refusal;
  }

  @Override
  public AppendOutcome append(ByteBuffer batch) {
    if (surprise != Errors.NONE) {
      return new AppendOutcome.Refused(surprise, "as the test says");
    }
    appends++;
    return log.assignOwn(batch, leaderEpoch(), System.currentTimeMillis(), () -> {});
  }

  @Override
  public AppendOutcome append(TransactionMarker marker) {
    if (surprise != Errors.NONE) {
      return new AppendOutcome.Refused(surprise, "as the test says");
    }
    appends++;
    long nowMs = System.currentTimeMillis();
    return log.assignOwn(
        ControlBatch.of(marker, nowMs),
        leaderEpoch(),
        marker.transactionVersion(),
        nowMs,
        () -> {});
  }

  @Override
  public void write() {
    log.write();
  }

  @Override
  public ReadResult read(long offset, int maxBytes) {
    return offset >= hole
        ? ReadResult.Empty.INSTANCE
        : log.read(offset, Math.min(hole, log.logEndOffset()), maxBytes, true);
  }

  @Override
  public void close() {
    loop.await(log.close());
    loop.await(directory.close(loop));
  }
}
