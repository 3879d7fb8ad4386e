package io.millrace.coordinator;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Shard;
import io.millrace.log.AppendOutcome;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ImageDelta;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.TransactionMarker;
import io.millrace.partition.LeaderLog;
import io.millrace.partition.Resident;
import io.millrace.record.BatchBuilder;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One shard at work, while its node leads the partition: loads it, gives it commands, appends and
 * replays what it decides, releases the replies.
 *
 * <p>Everything decided in one turn of the loop goes into one batch, which gets its offsets and is
 * written at the end of the turn. The records are replayed as soon as they are in the batch, so
 * that the next command of the turn sees them; should the batch then not make it into the log, the
 * shard is thrown away and loaded again.
 *
 * <p>Records of a transaction, and markers, go into batches of their own, behind the batch of the
 * turn. The log knows their producers and may refuse them, so it is asked first: they are replayed
 * once they have their offsets, and what is refused harms nobody else.
 *
 * <p>Owner: partition loop.
 */
final class ShardHost<S extends Shard> implements Resident, ShardLoader.Target {
  /** What all shards of a coordinator share. */
  record Parts<S extends Shard>(
      CoordinatorConfig config,
      ShardFactory<S> factory,
      RecordCodec codec,
      Clock clock,
      Executor worker,
      Supplier<ClusterImage> image,
      Figures figures) {}

  /**
   * What shards report.
   *
   * @param loaded how many are loaded
   */
  record Figures(AtomicInteger loaded, Metrics.Timer loadTime, Metrics.Counter records) {}

  private enum State {
    /** The log is being replayed. */
    LOADING,
    /** Commands are served. */
    ACTIVE,
    /** The log could not be replayed; tried again after a while. */
    FAILED,
    /** This node leads no more, or stops. */
    CLOSED
  }

  private static final Logger LOG = LoggerFactory.getLogger(ShardHost.class);

  private static final int LOAD_RETRY_MS = 10_000;
  private static final int LONG_LOAD_MS = 1_000;

  private final Parts<S> parts;
  private final TopicIdPartition id;
  private final LeaderLog log;

  private State state = State.LOADING;
  // Invariant: shard and timers are those of the current load; null only when FAILED or CLOSED.
  private S shard;
  private ShardTimers timers;
  private ShardLoader loader;
  private long loadStartedNanos;

  private final PendingReplies replies;
  private final TurnBatch turn;
  private boolean turnEndScheduled;
  // Higher with each change of the state: what was scheduled before it is void.
  private int incarnation;

  ShardHost(Parts<S> parts, TopicIdPartition id, LeaderLog log) {
    this.parts = parts;
    this.id = id;
    this.log = log;
    this.replies = new PendingReplies(id, log, parts.clock(), parts.config().commitTimeoutMs());
    this.turn = new TurnBatch(id, log, replies);
  }

  // ---- commands

  /** Runs a command, or refuses it. */
  <R> void run(Command<S, R> command, Reply<R> reply) {
    if (state != State.ACTIVE) {
      reply.fail(
          state == State.LOADING ? Errors.COORDINATOR_LOAD_IN_PROGRESS : Errors.NOT_COORDINATOR,
          null);
      return;
    }
    Decision decision;
    try {
      decision = command.decide(shard, reply);
    } catch (RuntimeException e) {
      LOG.error("A command to {} failed", id, e);
      reply.fail(Errors.UNKNOWN_SERVER_ERROR, null);
      return;
    }
    carryOut(decision);
  }

  /** The cluster's metadata changed. */
  void onImage(ImageDelta delta) {
    decide(() -> shard.onImage(delta));
  }

  private void decide(Supplier<Decision> source) {
    if (state != State.ACTIVE) {
      return;
    }
    Decision decision;
    try {
      decision = source.get();
    } catch (RuntimeException e) {
      LOG.error("A timer or a change of the metadata failed in {}", id, e);
      return;
    }
    carryOut(decision);
  }

  @Override
  public void endTransaction(TransactionMarker marker, Consumer<Errors> done) {
    if (state != State.ACTIVE) {
      done.accept(
          switch (state) {
            case LOADING -> Errors.COORDINATOR_LOAD_IN_PROGRESS;
            case FAILED -> Errors.COORDINATOR_NOT_AVAILABLE;
            default -> Errors.NOT_LEADER_OR_FOLLOWER;
          });
      return;
    }
    carryOut(new Decision().ends(marker).answer(new MarkerReply(done), marker));
  }

  private void carryOut(Decision decision) {
    if (decision.marker() != null) {
      end(decision);
      return;
    }
    if (decision.records().isEmpty()) {
      if (decision.isCurrent()) {
        answerWhenSureToLead(decision);
      } else if (!decision.isEmpty()) {
        answerWhenCommitted(decision);
      }
      return;
    }
    Errors refusal = log.refusal();
    if (refusal != Errors.NONE) {
      decision.refuse(AppendErrors.toClient(refusal));
      return;
    }
    EncodedRecords encoded = turn.encode(decision);
    if (encoded == null) {
      return;
    }
    if (decision.producerId() != RecordBatch.NO_PRODUCER_ID) {
      appendInTransaction(decision, encoded);
    } else {
      append(decision, encoded);
    }
  }

  private void append(Decision decision, EncodedRecords encoded) {
    long nowMs = parts.clock().wallMs();
    boolean indivisible = !decision.isDivisible();
    if (indivisible && !makeRoom(encoded.bytes())) {
      decision.refuse(Errors.NOT_COORDINATOR);
      return;
    }
    for (int i = 0; i < decision.records().size(); i++) {
      if (!indivisible && !makeRoom(encoded.bytes(i))) {
        decision.refuse(Errors.NOT_COORDINATOR);
        return;
      }
      turn.append(encoded, i, nowMs);
      try {
        shard.replay(decision.records().get(i));
      } catch (RuntimeException e) {
        LOG.error("{} cannot apply its own record {}", id, decision.records().get(i), e);
        turn.add(decision);
        reload(List.of());
        return;
      }
    }
    parts.figures().records().add(decision.records().size());
    turn.add(decision);
    scheduleTurnEnd();
  }

  private void scheduleTurnEnd() {
    if (!turnEndScheduled) {
      turnEndScheduled = true;
      // Behind the commands that are queued now, which share the batch.
      log.loop().execute(this::endTurn);
    }
  }

  private void appendInTransaction(Decision decision, EncodedRecords encoded) {
    BatchBuilder own =
        new BatchBuilder()
            .transactional()
            .producer(decision.producerId(), decision.producerEpoch(), RecordBatch.NO_SEQUENCE);
    encoded.appendTo(own, parts.clock().wallMs());
    if (!appendAlone(decision, () -> log.append(own.build()), AppendErrors::toClient)) {
      return;
    }
    parts.figures().records().add(decision.records().size());
    for (CoordinatorRecord record : decision.records()) {
      try {
        shard.replay(decision.producerId(), record);
      } catch (RuntimeException e) {
        LOG.error("{} cannot apply its own record {}", id, record, e);
        reload(List.of());
        return;
      }
    }
  }

  private void end(Decision decision) {
    Errors refusal = log.refusal();
    if (refusal != Errors.NONE) {
      decision.refuse(refusal);
      return;
    }
    TransactionMarker marker = decision.marker();
    if (!appendAlone(decision, () -> log.append(marker), error -> error)) {
      return;
    }
    try {
      shard.replay(marker);
    } catch (RuntimeException e) {
      LOG.error("{} cannot apply the end of a transaction {}", id, marker, e);
      reload(List.of());
    }
  }

  /**
   * Gives a batch of one decision its place in the log, behind what this turn has decided before;
   * false = it has none, and the decision is refused.
   */
  private boolean appendAlone(
      Decision decision, Supplier<AppendOutcome> own, UnaryOperator<Errors> told) {
    if (!assign()) {
      decision.refuse(Errors.NOT_COORDINATOR);
      return false;
    }
    AppendOutcome outcome = own.get();
    if (outcome instanceof AppendOutcome.Refused refused) {
      LOG.debug("{} cannot append: {} {}", id, refused.error(), refused.message());
      decision.refuse(told.apply(refused.error()));
      return false;
    }
    replies.await(decision);
    scheduleTurnEnd();
    return true;
  }

  /** Whether this much fits into the batch now; false = the shard is lost. */
  private boolean makeRoom(int bytes) {
    return turn.hasRoom(bytes) || assign();
  }

  /** Gives the batch of this turn its place in the log; false = the shard is lost. */
  private boolean assign() {
    boolean assigned = turn.assign();
    if (!assigned) {
      reload(List.of());
    }
    return assigned;
  }

  private void endTurn() {
    turnEndScheduled = false;
    if (state == State.ACTIVE) {
      assign();
    }
    // Also what was given offsets earlier in a turn in which the shard was lost: a load waits for
    // it.
    log.write();
  }

  // ---- replies

  private void answerWhenCommitted(Decision decision) {
    if (!turn.isEmpty()) {
      turn.add(decision);
    } else {
      replies.releaseWhenCommitted(decision);
    }
  }

  private void answerWhenSureToLead(Decision decision) {
    int when = incarnation;
    log.confirmLead()
        .onSuccess(
            sure -> {
              if (sure && when == incarnation) {
                answerWhenCommitted(decision);
              } else {
                decision.refuse(Errors.NOT_COORDINATOR);
              }
            });
  }

  // ---- what becomes of the log

  @Override
  public void onHighWatermark(long highWatermark) {
    replies.onHighWatermark(highWatermark);
  }

  @Override
  public void onAppendFailed(long fromOffset, IOException cause) {
    List<Decision> lost = replies.removeAbove(fromOffset);
    if (state == State.CLOSED) {
      replies.refuse(lost, Errors.NOT_COORDINATOR);
    } else {
      LOG.warn("{} lost what was appended from offset {} on", id, fromOffset, cause);
      reload(lost);
    }
  }

  @Override
  public void onResigned() {
    close();
  }

  @Override
  public void onEnded() {
    replies.refuse(replies.removeAbove(-1), Errors.NOT_COORDINATOR);
  }

  // ---- life

  /** Loads the shard from the log. */
  void load() {
    state = State.LOADING;
    incarnation++;
    loadStartedNanos = parts.clock().nanos();
    timers = new ShardTimers(log.loop(), parts.clock(), this::decide);
    shard = parts.factory().create(id.partition(), timers, log::leaderEpoch);
    loader = new ShardLoader(log, parts.codec(), parts.worker(), parts.config().loadBytes(), this);
    loader.start();
  }

  @Override
  public void replay(CoordinatorRecord record) {
    shard.replay(record);
  }

  @Override
  public void replay(long producerId, CoordinatorRecord record) {
    shard.replay(producerId, record);
  }

  @Override
  public void replay(TransactionMarker marker) {
    shard.replay(marker);
  }

  @Override
  public void onLoaded(long records) {
    long nanos = parts.clock().nanos() - loadStartedNanos;
    if (!loader.unknownTypes().isEmpty()) {
      LOG.warn(
          "{} has records of types {}, which mean nothing here: skipped",
          id,
          loader.unknownTypes());
    }
    loader = null;
    try {
      shard.onLoaded(parts.image().get());
    } catch (RuntimeException e) {
      onLoadFailed(e);
      return;
    }
    state = State.ACTIVE;
    parts.figures().loaded().incrementAndGet();
    parts.figures().loadTime().recordNanos(nanos);
    long ms = TimeUnit.NANOSECONDS.toMillis(nanos);
    if (ms >= LONG_LOAD_MS) {
      LOG.info("{} is loaded: {} records in {} ms", id, records, ms);
    } else {
      LOG.debug("{} is loaded: {} records in {} ms", id, records, ms);
    }
  }

  @Override
  public void onLoadFailed(Throwable cause) {
    LOG.error("{} cannot be loaded; its coordinator is not available", id, cause);
    S failed = shard;
    forget(State.FAILED);
    int failure = incarnation;
    failed.onUnloaded(Errors.NOT_COORDINATOR);
    log.loop()
        .schedule(
            LOAD_RETRY_MS,
            () -> {
              if (failure == incarnation) {
                load();
              }
            });
  }

  /** The shard holds what is not in the log: away with it. */
  private void reload(List<Decision> lost) {
    List<Decision> refused = new ArrayList<>(lost);
    refused.addAll(turn.clear());
    S old = shard;
    boolean hadShard = state == State.LOADING || state == State.ACTIVE;
    forget(State.LOADING);
    load();
    if (hadShard) {
      old.onUnloaded(Errors.NOT_COORDINATOR);
    }
    replies.refuse(refused, Errors.NOT_COORDINATOR);
  }

  /** Serves no more; replies that wait for a commit still wait for it. */
  void close() {
    if (state == State.CLOSED) {
      return;
    }
    List<Decision> refused = turn.clear();
    S old = shard;
    forget(State.CLOSED);
    if (old != null) {
      old.onUnloaded(Errors.NOT_COORDINATOR);
    }
    replies.refuse(refused, Errors.NOT_COORDINATOR);
  }

  private void forget(State next) {
    if (state == State.ACTIVE) {
      parts.figures().loaded().decrementAndGet();
    }
    if (loader != null) {
      loader.cancel();
      loader = null;
    }
    if (timers != null) {
      timers.close();
      timers = null;
    }
    shard = null;
    turn.clear();
    state = next;
    incarnation++;
  }
}
