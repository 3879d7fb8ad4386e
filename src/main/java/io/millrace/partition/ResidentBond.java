package io.millrace.partition;

import io.millrace.log.AppendOutcome;
import io.millrace.log.PartitionLog;
import io.millrace.log.ReadResult;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.model.TransactionMarker;
import io.millrace.partition.state.LeaderState;
import io.millrace.record.ControlBatch;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Errors;

/**
 * The bond between a leading replica and who lives with it.
 *
 * <p>Owner: partition loop.
 */
final class ResidentBond implements LeaderLog {
  private final Loop loop;
  private final PartitionLog log;
  private final LeaderState state;
  private final LeadChecks checks;
  private final Clock clock;
  // null = nobody lives here.
  private Resident resident;
  private boolean resigned;
  private boolean ended;

  ResidentBond(Loop loop, PartitionLog log, LeaderState state, LeadChecks checks, Clock clock) {
    this.loop = loop;
    this.log = log;
    this.state = state;
    this.checks = checks;
    this.clock = clock;
  }

  void moveIn(Residents residents) {
    resident = residents.moveIn(log.id(), this);
  }

  /** null = nobody lives here. */
  Resident resident() {
    return resident;
  }

  void onHighWatermark() {
    if (resident != null && !ended) {
      resident.onHighWatermark(state.highWatermark());
    }
  }

  void onAppendFailed(long fromOffset, IOException cause) {
    if (resident != null && !ended) {
      resident.onAppendFailed(fromOffset, cause);
    }
  }

  void resign() {
    if (!resigned) {
      resigned = true;
      if (resident != null) {
        resident.onResigned();
      }
    }
  }

  void end() {
    resign();
    if (!ended) {
      ended = true;
      if (resident != null) {
        resident.onEnded();
      }
    }
  }

  // ---- LeaderLog

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public int leaderEpoch() {
    return state.leaderEpoch();
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
    return state.highWatermark();
  }

  @Override
  public Future<Boolean> confirmLead() {
    return checks.confirm();
  }

  @Override
  public int maxBatchBytes() {
    return Math.min(log.config().maxMessageBytes(), log.config().segmentBytes());
  }

  @Override
  public Errors refusal() {
    if (resigned) {
      return Errors.NOT_LEADER_OR_FOLLOWER;
    }
    return state.hasEnoughReplicas() ? Errors.NONE : Errors.NOT_ENOUGH_REPLICAS;
  }

  @Override
  public AppendOutcome append(ByteBuffer batch) {
    Errors refusal = refusal();
    return refusal == Errors.NONE
        ? log.assignOwn(batch, state.leaderEpoch(), clock.wallMs(), () -> {})
        : new AppendOutcome.Refused(refusal, null);
  }

  @Override
  public AppendOutcome append(TransactionMarker marker) {
    Errors refusal = refusal();
    long nowMs = clock.wallMs();
    return refusal == Errors.NONE
        ? log.assignOwn(
            ControlBatch.of(marker, nowMs),
            state.leaderEpoch(),
            marker.transactionVersion(),
            nowMs,
            () -> {})
        : new AppendOutcome.Refused(refusal, null);
  }

  @Override
  public void write() {
    log.write();
  }

  @Override
  public ReadResult read(long offset, int maxBytes) {
    return log.read(offset, log.logEndOffset(), maxBytes, true);
  }
}
