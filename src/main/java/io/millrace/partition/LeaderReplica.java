package io.millrace.partition;

import io.millrace.log.AppendOutcome;
import io.millrace.log.PartitionLog;
import io.millrace.log.ReadResult;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.partition.state.AckQueue;
import io.millrace.partition.state.LeaderState;
import io.millrace.record.BatchValidator;
import io.millrace.record.ValidationResult;
import io.millrace.record.ValidationRules;
import io.vertx.core.AsyncResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.apache.kafka.common.protocol.Errors;

/**
 * A replica that leads its partition: appends, acknowledges, answers reads.
 *
 * <p>Nothing is acknowledged before the log has reported it persisted (acks=1) or the high
 * watermark covers it (acks=all). Batches are assigned offsets in the order in which they came:
 * while one is validated on a worker, later ones wait behind it.
 *
 * <p>Owner: partition loop.
 */
final class LeaderReplica implements Replica {
  /** What all partitions of a node share. */
  record Context(int nodeId, Clock clock, Executor worker) {}

  private static final int ACK_CHECK_MS = 100;

  private final Context context;
  private final Loop loop;
  private final PartitionLog log;
  private final LeaderState state;
  private final BatchValidator validator = new BatchValidator();
  private PartitionSettings settings;
  private final ResidentBond bond;

  private final Watchers watchers = new Watchers();
  private final AckQueue<ProduceAppend> untilPersisted = new AckQueue<>();
  private final AckQueue<ProduceAppend> untilCommitted = new AckQueue<>();
  // Batches behind one that is being validated on a worker. Invariant: empty unless validating.
  private final ArrayDeque<ProduceAppend> waiting = new ArrayDeque<>();
  private boolean validating;
  private boolean writeScheduled;
  private boolean expiryScheduled;
  private boolean retired;

  LeaderReplica(
      Context context, Loop loop, PartitionLog log, LeaderState state, PartitionSettings settings) {
    this.context = context;
    this.loop = loop;
    this.log = log;
    this.state = state;
    this.settings = settings;
    this.bond = new ResidentBond(loop, log, state, context.clock());
  }

  /** This replica leads from now on: who lives with it moves in. */
  void moveIn(Residents residents) {
    bond.moveIn(residents);
  }

  @Override
  public Resident resident() {
    return bond.resident();
  }

  LeaderState state() {
    return state;
  }

  // ---- append

  @Override
  public void append(ProduceAppend append) {
    if (validating) {
      waiting.add(append);
      return;
    }
    validate(append);
  }

  private void validate(ProduceAppend append) {
    if (append.acks() == -1 && !state.hasEnoughReplicas()) {
      append.records().release();
      append.refuse(
          Errors.NOT_ENOUGH_REPLICAS,
          "The in-sync replicas are "
              + state.isrSize()
              + ", min.insync.replicas is "
              + state.minInsyncReplicas());
      return;
    }
    ByteBuffer records = append.records().buffer();
    ValidationRules rules = settings.rules();
    if (!append.zstdAllowed()) {
      rules = rules.withoutZstd();
    }
    long nowMs = context.clock().wallMs();
    ValidationResult result = validator.validateInline(records, rules, nowMs);
    if (result == null) {
      validateOnWorker(append, rules, nowMs);
    } else {
      assign(append, result, nowMs);
    }
  }

  private void validateOnWorker(ProduceAppend append, ValidationRules rules, long nowMs) {
    validating = true;
    context
        .worker()
        .execute(
            () -> {
              ValidationResult result;
              try {
                result = new BatchValidator().validate(append.records().buffer(), rules, nowMs);
              } catch (RuntimeException | OutOfMemoryError e) {
                result =
                    new ValidationResult.Refused(
                        Errors.CORRUPT_MESSAGE, "The batch cannot be decompressed: " + e);
              }
              ValidationResult validated = result;
              loop.execute(() -> onValidated(append, validated, nowMs));
            });
  }

  private void onValidated(ProduceAppend append, ValidationResult result, long nowMs) {
    validating = false;
    if (retired) {
      append.records().release();
      append.refuse(Errors.NOT_LEADER_OR_FOLLOWER, null);
    } else {
      assign(append, result, nowMs);
    }
    while (!validating && !waiting.isEmpty()) {
      ProduceAppend next = waiting.poll();
      if (retired) {
        next.records().release();
        next.refuse(Errors.NOT_LEADER_OR_FOLLOWER, null);
      } else {
        validate(next);
      }
    }
  }

  private void assign(ProduceAppend append, ValidationResult result, long nowMs) {
    if (result instanceof ValidationResult.Refused refused) {
      append.records().release();
      append.refuse(refused.error(), refused.message(), refused.recordErrors());
      return;
    }
    ValidationResult.Accepted accepted = (ValidationResult.Accepted) result;
    AppendOutcome outcome =
        log.assign(accepted.batch(), state.leaderEpoch(), nowMs, append.records()::release);
    if (outcome instanceof AppendOutcome.Refused refused) {
      append.records().release();
      append.refuse(refused.error(), refused.message());
    } else if (outcome instanceof AppendOutcome.Duplicate duplicate) {
      append.records().release();
      append.assigned(duplicate.baseOffset(), duplicate.logAppendTimeMs());
      // A duplicate is acknowledged only when the original is.
      await(append, duplicate.lastOffset() + 1);
    } else if (outcome instanceof AppendOutcome.Assigned assigned) {
      append.assigned(assigned.baseOffset(), accepted.logAppendTimeMs());
      await(append, assigned.lastOffset() + 1);
      scheduleWrite();
    }
  }

  private void await(ProduceAppend append, long end) {
    if (append.acks() == -1) {
      if (state.highWatermark() >= end) {
        append.acknowledge(log.logStartOffset());
      } else {
        untilCommitted.add(end, append.deadlineMs(), append);
        scheduleExpiry();
      }
    } else if (log.logEndOffset() >= end) {
      append.acknowledge(log.logStartOffset());
    } else {
      untilPersisted.add(end, append.deadlineMs(), append);
      scheduleExpiry();
    }
  }

  private void scheduleWrite() {
    if (!writeScheduled) {
      writeScheduled = true;
      // Behind everything queued for this loop now: all of it is written at once.
      loop.execute(this::write);
    }
  }

  private void write() {
    writeScheduled = false;
    // Even if this replica leads no more: what has an offset must get into the log.
    log.write();
  }

  // ---- what the log reports

  void onPersisted(long logEndOffset) {
    boolean advanced = state.onLocalEnd(logEndOffset);
    complete(untilPersisted, logEndOffset);
    if (advanced) {
      onHighWatermark();
    }
  }

  void onAppendFailed(long fromOffset, IOException cause) {
    refuseAbove(untilPersisted, fromOffset, cause);
    refuseAbove(untilCommitted, fromOffset, cause);
    bond.onAppendFailed(fromOffset, cause);
  }

  private static void refuseAbove(
      AckQueue<ProduceAppend> queue, long fromOffset, IOException cause) {
    for (ProduceAppend append : queue.removeAbove(fromOffset)) {
      append.refuse(
          Errors.KAFKA_STORAGE_ERROR, "The batch could not be written: " + cause.getMessage());
    }
  }

  private void onHighWatermark() {
    complete(untilCommitted, state.highWatermark());
    if (!watchers.isEmpty()) {
      fireWatchers();
    }
    bond.onHighWatermark();
  }

  private void complete(AckQueue<ProduceAppend> queue, long reached) {
    long startOffset = log.logStartOffset();
    for (ProduceAppend append = queue.poll(reached); append != null; append = queue.poll(reached)) {
      append.acknowledge(startOffset);
    }
  }

  private void scheduleExpiry() {
    if (!expiryScheduled) {
      expiryScheduled = true;
      loop.schedule(ACK_CHECK_MS, this::expire);
    }
  }

  private void expire() {
    expiryScheduled = false;
    long nowMs = context.clock().wallMs();
    for (ProduceAppend append : untilPersisted.expire(nowMs)) {
      append.refuse(Errors.REQUEST_TIMED_OUT, null);
    }
    for (ProduceAppend append : untilCommitted.expire(nowMs)) {
      append.refuse(Errors.REQUEST_TIMED_OUT, null);
    }
    if (!untilPersisted.isEmpty() || !untilCommitted.isEmpty()) {
      scheduleExpiry();
    }
  }

  // ---- changes

  void reconfigure(PartitionSettings changed) {
    settings = changed;
    if (state.onMinInsyncReplicas(changed.minInsyncReplicas())) {
      onHighWatermark();
    }
  }

  void onCommittedIsr(java.util.List<Integer> isr) {
    if (state.onCommittedIsr(isr)) {
      onHighWatermark();
    }
  }

  /** Readers must look again: the log's start moved or the replica changed. */
  void fireWatchers() {
    for (FetchRead reader : watchers.takeAll()) {
      answer(reader, true);
    }
  }

  /** This replica leads no more: what waits for its acknowledgement is refused as well. */
  void retire(Errors why, Replica successor) {
    resign(why, successor);
    for (ProduceAppend append : untilPersisted.removeAbove(-1)) {
      append.refuse(why, null);
    }
    for (ProduceAppend append : untilCommitted.removeAbove(-1)) {
      append.refuse(why, null);
    }
    bond.end();
  }

  /**
   * Takes no more: readers are told, batches without offsets go to {@code successor}. What has its
   * offsets is still acknowledged, as the log reports it, until {@link #retire}: its producer would
   * have to send it again otherwise.
   */
  void resign(Errors why, Replica successor) {
    retired = true;
    bond.resign();
    for (FetchRead reader : watchers.takeAll()) {
      reader.onFired(FetchAnswer.refused(why, -1, -1));
    }
    for (ProduceAppend append : waiting) {
      successor.append(append);
    }
    waiting.clear();
  }

  // ---- read

  @Override
  public void read(FetchRead reader, FetchAsk ask) {
    watchers.disarm(reader);
    reader.ask(ask);
    answer(reader, false);
  }

  @Override
  public void unwatch(FetchRead reader) {
    watchers.disarm(reader);
  }

  private void answer(FetchRead reader, boolean fired) {
    FetchAsk ask = reader.ask();
    Errors fenced = fence(ask.currentLeaderEpoch());
    if (fenced != Errors.NONE) {
      deliver(reader, FetchAnswer.refused(fenced, context.nodeId(), state.leaderEpoch()), fired);
      return;
    }
    if (ask.lastFetchedEpoch() >= 0) {
      PartitionLog.EpochEnd end = log.endOfEpoch(ask.lastFetchedEpoch());
      if (end.endOffset() < 0) {
        deliver(reader, refused(Errors.OFFSET_OUT_OF_RANGE), fired);
        return;
      }
      if (end.leaderEpoch() < ask.lastFetchedEpoch() || end.endOffset() < ask.fetchOffset()) {
        deliver(reader, diverging(end), fired);
        return;
      }
    }
    long bound = readableEnd();
    ReadResult result = log.read(ask.fetchOffset(), bound, ask.maxBytes(), ask.minOneBatch());
    if (result instanceof ReadResult.Later later) {
      later.result().onComplete(done -> loop.run(() -> onLater(reader, ask, bound, done, fired)));
    } else {
      deliver(reader, toAnswer(result), fired);
    }
  }

  private void onLater(
      FetchRead reader, FetchAsk ask, long bound, AsyncResult<ReadResult> done, boolean fired) {
    if (done.failed()) {
      deliver(reader, refused(Errors.KAFKA_STORAGE_ERROR), fired);
    } else if (!reader.asks(ask)) {
      if (done.result() instanceof ReadResult.Data data) {
        data.slice().release();
      }
    } else if (done.result() instanceof ReadResult.Empty && readableEnd() > bound && !retired) {
      // The end moved while the worker read up to the one before, and nobody was armed.
      answer(reader, fired);
    } else {
      deliver(reader, toAnswer(done.result()), fired);
    }
  }

  private void deliver(FetchRead reader, FetchAnswer answer, boolean fired) {
    // News cannot be missed between the read and the arming: both happen in this turn of the
    // owner's loop. What is there but does not fit is no news: it has to be asked for again.
    if (answer.sizeInBytes() < reader.ask().wantBytes()
        && !answer.urgent()
        && !retired
        && !answer.heldBack(reader.ask())) {
      watchers.arm(reader);
    }
    if (fired) {
      reader.onFired(answer);
    } else {
      reader.onRead(answer);
    }
  }

  private FetchAnswer toAnswer(ReadResult result) {
    if (result instanceof ReadResult.OutOfRange) {
      return refused(Errors.OFFSET_OUT_OF_RANGE);
    }
    return new FetchAnswer(
        Errors.NONE,
        result instanceof ReadResult.Data data ? data.slice() : null,
        state.highWatermark(),
        readableEnd(),
        log.logStartOffset(),
        -1,
        -1,
        context.nodeId(),
        state.leaderEpoch());
  }

  private FetchAnswer refused(Errors error) {
    return new FetchAnswer(
        error,
        null,
        state.highWatermark(),
        readableEnd(),
        log.logStartOffset(),
        -1,
        -1,
        context.nodeId(),
        state.leaderEpoch());
  }

  private FetchAnswer diverging(PartitionLog.EpochEnd end) {
    return new FetchAnswer(
        Errors.NONE,
        null,
        state.highWatermark(),
        readableEnd(),
        log.logStartOffset(),
        end.leaderEpoch(),
        end.endOffset(),
        context.nodeId(),
        state.leaderEpoch());
  }

  /**
   * Where consumers stop (exclusive). There are no transactions yet, so it is the last stable
   * offset too.
   */
  long readableEnd() {
    return state.highWatermark();
  }

  Errors fence(int clientsEpoch) {
    if (clientsEpoch < 0 || clientsEpoch == state.leaderEpoch()) {
      return Errors.NONE;
    }
    return clientsEpoch < state.leaderEpoch()
        ? Errors.FENCED_LEADER_EPOCH
        : Errors.UNKNOWN_LEADER_EPOCH;
  }
}
