package io.millrace.partition;

import io.millrace.cluster.PartitionLive;
import io.millrace.cluster.ReplicaLive;
import io.millrace.log.AppendOutcome;
import io.millrace.log.PartitionLog;
import io.millrace.model.Loop;
import io.millrace.model.TransactionMarker;
import io.millrace.partition.state.IsrProposal;
import io.millrace.partition.state.IsrShift;
import io.millrace.partition.state.LeaderState;
import io.millrace.record.BatchValidator;
import io.millrace.record.ValidationResult;
import io.millrace.record.ValidationRules;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;

/**
 * A replica that leads its partition: appends, acknowledges, answers reads.
 *
 * <p>Batches are assigned offsets in the order in which they came: while one is validated on a
 * worker, later ones wait behind it.
 *
 * <p>Owner: partition loop.
 */
final class LeaderReplica
    implements Replica,
        ReplicaReads.Bounds,
        IsrKeeper.Leader,
        LeadChecks.Leader,
        TransactionGate.Leader {
  /** A follower that has lacked something for longer is no place to send consumers to. */
  private static final int MAX_READER_LAG_MS = 1_000;

  private final ReplicaParts context;
  private final Loop loop;
  private final PartitionLog log;
  private final LeaderState state;
  private final BatchValidator validator = new BatchValidator();
  private PartitionSettings settings;
  private final ResidentBond bond;
  // To be told when followers have moved the high watermark on.
  private final Runnable advanced;
  private final ReplicaReads reads;
  private final IsrKeeper isr;
  private final PendingAcks acks;
  private final TransactionEnds ends;
  private final TransactionGate gate;
  private final LeadChecks checks;
  // Batches behind one that is being validated on a worker. Invariant: empty unless validating.
  private final ArrayDeque<ProduceAppend> waiting = new ArrayDeque<>();
  private boolean validating;
  private boolean writeScheduled;
  private boolean newsScheduled;
  private boolean retired;

  LeaderReplica(
      ReplicaParts context,
      Loop loop,
      PartitionLog log,
      LeaderState state,
      PartitionSettings settings,
      Runnable advanced) {
    this.context = context;
    this.loop = loop;
    this.log = log;
    this.state = state;
    this.settings = settings;
    this.advanced = advanced;
    this.checks = new LeadChecks(loop, state, this);
    this.bond = new ResidentBond(loop, log, state, checks, context.clock());
    this.reads = new ReplicaReads(loop, log, this);
    this.gate = new TransactionGate(loop, log, context.leaders().verifier(), this);
    this.ends = new TransactionEnds(log, state, context.clock());
    this.acks = new PendingAcks(loop, log, state, context.clock());
    this.isr =
        new IsrKeeper(
            loop,
            log.id(),
            state,
            context.leaders().isrChanges(),
            context.leaders().replicaLagMaxMs(),
            this);
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
    if (append.isRefusedBy(state)) {
      return;
    }
    ByteBuffer records = append.records().buffer();
    ValidationRules rules =
        append.zstdAllowed() ? settings.rules() : settings.rules().withoutZstd();
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
    assign(append, (ValidationResult.Accepted) result, nowMs);
  }

  @Override
  public void assign(ProduceAppend append, ValidationResult.Accepted accepted, long nowMs) {
    // The ISR may have shrunk while the batch waited.
    if (!append.isRefusedBy(state) && !gate.takes(append, accepted, nowMs)) {
      assignVerified(append, accepted, nowMs);
    }
  }

  @Override
  public void assignVerified(ProduceAppend append, ValidationResult.Accepted accepted, long nowMs) {
    if (append.isRefusedBy(state)) {
      return;
    }
    AppendOutcome outcome =
        log.assign(accepted.batch(), state.leaderEpoch(), nowMs, append.records()::release);
    if (outcome instanceof AppendOutcome.Refused refused) {
      append.records().release();
      append.refuse(refused.error(), refused.message());
    } else if (outcome instanceof AppendOutcome.Duplicate duplicate) {
      append.records().release();
      append.assigned(duplicate.baseOffset(), duplicate.logAppendTimeMs());
      // A duplicate is acknowledged only when the original is.
      acks.await(append, duplicate.lastOffset() + 1);
    } else if (outcome instanceof AppendOutcome.Assigned assigned) {
      append.assigned(assigned.baseOffset(), accepted.logAppendTimeMs());
      acks.await(append, assigned.lastOffset() + 1);
      scheduleWrite();
    }
  }

  @Override
  public void endTransaction(TransactionMarker marker, Consumer<Errors> done) {
    gate.onMarker(marker.producerId());
    if (retired) {
      done.accept(Errors.NOT_LEADER_OR_FOLLOWER);
    } else if (bond.resident() != null) {
      bond.resident().endTransaction(marker, done);
    } else if (ends.end(marker, done)) {
      scheduleWrite();
    }
  }

  @Override
  public List<OpenTransaction> openTransactions(int limit) {
    return retired ? List.of() : ends.open(limit);
  }

  @Override
  public void abortUnchanged(OpenTransaction seen, Consumer<Errors> done) {
    // In one turn of the loop: nothing is written between the look and the marker.
    if (!retired && ends.isStill(seen)) {
      endTransaction(seen.abort(), done);
    } else {
      done.accept(Errors.INVALID_TXN_STATE);
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
    boolean grew = state.onLocalEnd(logEndOffset, nowMs());
    acks.onPersisted(logEndOffset);
    reads.onLogEnd();
    if (grew) {
      onHighWatermark();
    }
    isr.watch();
  }

  void onAppendFailed(long fromOffset, IOException cause) {
    acks.onAppendFailed(fromOffset, cause);
    ends.onAppendFailed(fromOffset);
    bond.onAppendFailed(fromOffset, cause);
  }

  private void onHighWatermark() {
    acks.onHighWatermark();
    ends.onHighWatermark();
    reads.onHighWatermark();
    bond.onHighWatermark();
    if (!newsScheduled && reads.anyFollowerBehind()) {
      newsScheduled = true;
      loop.schedule(context.leaders().highWatermarkNewsMs(), this::tellFollowers);
    }
  }

  /** A follower that waits for records hears of the high watermark all the same. */
  private void tellFollowers() {
    newsScheduled = false;
    if (!retired) {
      reads.tellHighWatermark();
    }
  }

  // ---- changes

  void reconfigure(PartitionSettings changed) {
    settings = changed;
    if (state.onMinInsyncReplicas(changed.minInsyncReplicas())) {
      onHighWatermark();
    }
  }

  /**
   * The controller has committed this, under settings that hold from now on. When a new leader
   * epoch begins with it, what waits for its acknowledgement goes on waiting for the ISR as it is
   * now, and readers are told if they asked in the epoch before.
   */
  void onCommitted(LeaderState.Committed committed, PartitionSettings now) {
    LeaderState.Committed before = state.committed();
    if (committed.partitionEpoch() > before.partitionEpoch()) {
      context
          .leaders()
          .isrCounters()
          .count(
              IsrShift.between(
                  before.isr(), committed.isr(), committed.replicas(), state.proposed()));
    }
    settings = now;
    boolean newEpoch = committed.leaderEpoch() != before.leaderEpoch();
    if (newEpoch) {
      log.startEpoch(committed.leaderEpoch());
    }
    if (state.onCommitted(committed, now.minInsyncReplicas(), nowMs())) {
      onHighWatermark();
      advanced.run();
    }
    if (newEpoch) {
      reads.fireAll();
    }
    checks.review();
    // Who could not join while something else was asked for need not fetch again before it may.
    isr.review();
  }

  @Override
  public void onRefused(IsrProposal proposal) {
    if (state.onRefused(proposal)) {
      onHighWatermark();
    }
    checks.review();
  }

  /** This replica leads from now on, or other brokers may have come back or gone. */
  void reviewIsr() {
    isr.review();
  }

  @Override
  public long nowMs() {
    return TimeUnit.NANOSECONDS.toMillis(context.clock().nanos());
  }

  /** The log's start moved. */
  void fireWatchers() {
    reads.fireAll();
  }

  /** This replica leads no more: what waits for its acknowledgement is refused as well. */
  void retire(Errors why, Replica successor) {
    resign(why, successor);
    acks.refuseAll(why);
    ends.refuseAll(why);
    bond.end();
  }

  /**
   * Takes no more: readers are told, batches without offsets go to {@code successor}. What has its
   * offsets is still acknowledged, as the log reports it, until {@link #retire}: its producer would
   * have to send it again otherwise.
   */
  void resign(Errors why, Replica successor) {
    retired = true;
    isr.end();
    checks.end();
    bond.resign();
    reads.end(why);
    gate.end().forEach(successor::append);
    waiting.forEach(successor::append);
    waiting.clear();
  }

  // ---- seen from outside

  @Override
  public PartitionLive live() {
    LeaderState.Committed committed = state.committed();
    long nowMs = nowMs();
    List<ReplicaLive> replicas = new ArrayList<>(committed.replicas().size());
    for (int node : committed.replicas()) {
      replicas.add(
          new ReplicaLive(
              node, committed.isr().contains(node), state.endOf(node), state.lagMs(node, nowMs)));
    }
    return new PartitionLive(
        log.id(),
        context.nodeId(),
        committed.leaderEpoch(),
        log.logStartOffset(),
        state.highWatermark(),
        replicas);
  }

  // ---- read

  @Override
  public void read(FetchRead reader, FetchAsk ask) {
    reads.read(reader, ask);
  }

  @Override
  public void unwatch(FetchRead reader) {
    reads.unwatch(reader);
  }

  @Override
  public Errors refusal(FetchAsk ask) {
    if (ask.follower() != null && !state.isFollower(ask.follower().nodeId())) {
      // One of them knows of a change of the replicas that the other does not know yet.
      return Errors.NOT_LEADER_OR_FOLLOWER;
    }
    return fence(ask.currentLeaderEpoch());
  }

  @Override
  public void onAdmitted(FetchRead reader, FetchAsk ask) {
    Follower follower = ask.follower();
    if (follower != null) {
      boolean grew =
          state.onFollowerFetch(
              follower.nodeId(), follower.brokerEpoch(), ask.fetchOffset(), nowMs());
      state.onFollowerStart(
          follower.nodeId(), follower.brokerEpoch(), ask.logStartOffset(), log.logStartOffset());
      if (grew) {
        onHighWatermark();
        advanced.run();
      }
      isr.onFollowerFetch(follower.nodeId());
      checks.onFetch(follower.nodeId(), reader);
    }
  }

  @Override
  public boolean hurries(FetchAsk ask) {
    return ask.follower() != null && checks.awaits(ask.follower().nodeId());
  }

  @Override
  public void hurryFollowers() {
    reads.hurryFollowers();
  }

  @Override
  public long endFor(FetchAsk ask) {
    return ask.follower() == null ? readableEnd(ask.readCommitted()) : log.logEndOffset();
  }

  @Override
  public boolean holdsBack(FetchAsk ask) {
    return isOutOfSync(ask.follower()) && context.leaders().throttle().holds(log.id());
  }

  @Override
  public void onGiven(FetchAsk ask, int bytes) {
    if (isOutOfSync(ask.follower())) {
      context.leaders().throttle().count(log.id(), bytes);
    }
  }

  private boolean isOutOfSync(Follower follower) {
    return follower != null && !state.committed().isr().contains(follower.nodeId());
  }

  @Override
  public long highWatermark() {
    return state.highWatermark();
  }

  @Override
  public int preferredReplica(FetchAsk ask) {
    String rack = ask.rack();
    if (ask.follower() != null
        || rack == null
        || rack.isEmpty()
        || ask.fetchOffset() < log.logStartOffset()) {
      return -1;
    }
    return state.nearerReplica(
        ask.fetchOffset(),
        node -> context.leaders().racks().serves(node, rack),
        MAX_READER_LAG_MS,
        nowMs());
  }

  @Override
  public int leaderId() {
    return context.nodeId();
  }

  @Override
  public int leaderEpoch() {
    return state.leaderEpoch();
  }

  @Override
  public long lastStableOffset() {
    return log.lastStableOffset(state.highWatermark());
  }

  /** Where consumers stop (exclusive). */
  long readableEnd(boolean readCommitted) {
    return readCommitted ? lastStableOffset() : state.highWatermark();
  }

  Errors fence(int clientsEpoch) {
    return LeaderEpochs.fence(clientsEpoch, state.leaderEpoch());
  }
}
