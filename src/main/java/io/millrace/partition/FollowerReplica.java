package io.millrace.partition;

import io.millrace.log.PartitionLog;
import io.millrace.log.ReplicationException;
import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.state.EpochEnds;
import io.millrace.partition.state.FollowerState;
import io.millrace.record.RecordBatch;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replica that follows a leader: takes over what it has, cuts off what it has not, and serves
 * consumers that read from the nearest replica (KIP-392).
 *
 * <p>Only the leader's epochs say where logs part, never a high watermark (KIP-101, KIP-279). What
 * a fetch claims to have is persisted.
 *
 * <p>Owner: partition loop.
 */
final class FollowerReplica implements Replica, FollowedLog, ReplicaReads.Bounds {
  private static final Logger LOG = LoggerFactory.getLogger(FollowerReplica.class);

  /** A warning about one replica comes once in so many ms. */
  private static final long WARN_AGAIN_MS = 60_000;

  private final ReplicaParts parts;
  private final Loop loop;
  private final PartitionLog log;
  private final int leader;
  private final int leaderEpoch;
  private final ReplicaReads reads;
  // Of the last change of the log as a whole: nothing may be appended before it is complete.
  private Future<Void> change = Future.succeededFuture();
  private final EpochEnds epochs;
  private final FollowerState state;
  // As it was told last, also above the end of this log.
  private long leaderHighWatermark = -1;
  // null = no answer is being taken.
  private Taken taking;
  private Fetched current;
  // What is in current is on its way into the log.
  private boolean appending;
  private boolean retired;
  private long warnedMs;

  /**
   * Begins to follow.
   *
   * @param highWatermark as far as this replica knew it before
   */
  FollowerReplica(
      ReplicaParts parts,
      Loop loop,
      PartitionLog log,
      int leader,
      int leaderEpoch,
      long highWatermark) {
    this.parts = parts;
    this.loop = loop;
    this.log = log;
    this.leader = leader;
    this.leaderEpoch = leaderEpoch;
    this.epochs = new LogEpochs(log);
    this.state = new FollowerState(highWatermark, epochs);
    this.reads = new ReplicaReads(loop, log, this);
  }

  /** Complete unless the log is just being cut. Completes on the partition's loop, in any case. */
  Future<Void> settled() {
    return change;
  }

  void begin() {
    change = log.follow();
    parts.following().follow(this, leader);
  }

  // ---- FollowedLog

  @Override
  public TopicIdPartition id() {
    return log.id();
  }

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public int leaderEpoch() {
    return leaderEpoch;
  }

  @Override
  public void take(Fetched fetched, Taken taken) {
    if (retired) {
      if (fetched != null) {
        fetched.released().run();
      }
      taken.onTaken(null, false);
      return;
    }
    taking = taken;
    current = fetched;
    if (fetched == null) {
      settle(change);
      return;
    }
    FollowerState.Step step = state.decide(fetched.answer(), epochs);
    if (step.action() != FollowerState.Action.APPEND) {
      fetched.released().run();
    }
    switch (step.action()) {
      case NOTHING -> done(false);
      case WAIT -> done(true);
      case APPEND -> append(fetched);
      case CUT -> cut(step.offset());
      case START_ANEW -> startAnew(step.offset());
    }
  }

  /** What changes the log as a whole comes to its end. */
  private void settle(Future<Void> running) {
    settle(running, false);
  }

  private void settle(Future<Void> running, boolean pause) {
    change = running;
    change.onComplete(
        changed -> {
          onChanged(changed.cause());
          done(changed.failed() || pause);
        });
  }

  /** null = it succeeded. */
  private void onChanged(Throwable failure) {
    if (failure != null) {
      warn("its log cannot be changed: " + failure.getMessage());
    }
    state.onLogChanged(epochs);
  }

  private void cut(long end) {
    if (end < state.highWatermark()) {
      LOG.warn(
          "{} is cut at {}, though it was committed up to {}: its leader {} in epoch {} was elected"
              + " without having it",
          id(),
          end,
          state.highWatermark(),
          leader,
          leaderEpoch);
    } else {
      LOG.info(
          "{} is cut at {}: what follows up to {} is not of its leader {} in epoch {}",
          id(),
          end,
          log.logEndOffset(),
          leader,
          leaderEpoch);
    }
    settle(log.truncateTo(end));
  }

  private void startAnew(long offset) {
    LOG.info(
        "{} ends at {}, and its leader {} keeps nothing before {}: it starts anew there",
        id(),
        log.logEndOffset(),
        leader,
        offset);
    settle(log.restartAt(offset));
  }

  private void append(Fetched fetched) {
    if (log.lowOnSpace()) {
      fetched.released().run();
      done(true);
    } else if (beginsWithin(fetched)) {
      startWithin(fetched);
    } else {
      replicate(fetched);
    }
  }

  private boolean beginsWithin(Fetched fetched) {
    ByteBuffer records = fetched.records();
    int at = records.position();
    return records.remaining() >= RecordBatch.HEADER_SIZE
        && FollowerState.startsWithin(
            fetched.answer(),
            RecordBatch.baseOffset(records, at),
            RecordBatch.lastOffset(records, at),
            epochs);
  }

  private void startWithin(Fetched fetched) {
    change = log.restartAt(RecordBatch.baseOffset(fetched.records(), fetched.records().position()));
    change.onComplete(
        changed -> {
          onChanged(changed.cause());
          if (changed.failed() || retired) {
            fetched.released().run();
            done(true);
          } else {
            replicate(fetched);
          }
        });
  }

  private void replicate(Fetched fetched) {
    try {
      log.replicate(fetched.records(), fetched.released());
    } catch (ReplicationException e) {
      warn(e.getMessage());
      log.write();
      settle(log.follow(), true);
      return;
    }
    appending = true;
    log.write();
    onLogEnd();
  }

  /** The answer is taken when everything of it is persisted. */
  private void onLogEnd() {
    if (appending && log.logEndOffset() >= log.nextOffset()) {
      done(false);
    }
  }

  /** Nothing happens if whoever waited has been told already, since this replica is retired. */
  private void done(boolean pause) {
    Taken taken = taking;
    Fetched fetched = current;
    taking = null;
    current = null;
    appending = false;
    if (fetched != null && !retired) {
      learn(fetched.answer());
    }
    if (taken != null) {
      taken.onTaken(retired ? null : point(), pause);
    }
  }

  private Point point() {
    return new Point(log.logEndOffset(), log.latestEpoch(), log.logStartOffset());
  }

  /** What the leader tells with every answer. */
  private void learn(FollowerState.Answer answer) {
    // First: what lies before it here need not be what the leader had there.
    long start = state.startAfter(answer, epochs);
    if (start > log.logStartOffset()) {
      log.deleteRecordsBefore(start);
    }
    leaderHighWatermark = answer.highWatermark();
    if (state.onTaken(answer, epochs)) {
      reads.onHighWatermark();
    }
  }

  private void warn(String what) {
    long nowMs = parts.clock().wallMs();
    if (nowMs - warnedMs >= WARN_AGAIN_MS) {
      warnedMs = nowMs;
      LOG.warn("{} follows node {}: {}", id(), leader, what);
    }
  }

  // ---- what the log reports

  void onPersisted() {
    onLogEnd();
  }

  void onAppendFailed(IOException cause) {
    warn("what its leader sent could not be written: " + cause.getMessage());
    if (appending) {
      done(true);
    }
  }

  /** Readers must look again: the log's start moved. */
  void fireWatchers() {
    reads.fireAll();
  }

  /** This replica follows no more in this epoch. */
  void retire(Errors why) {
    retired = true;
    parts.following().unfollow(this);
    reads.end(why);
    done(false);
  }

  // ---- Replica

  @Override
  public void append(ProduceAppend append) {
    append.records().release();
    append.refuse(Errors.NOT_LEADER_OR_FOLLOWER, null);
  }

  @Override
  public void read(FetchRead reader, FetchAsk ask) {
    reads.read(reader, ask);
  }

  @Override
  public void unwatch(FetchRead reader) {
    reads.unwatch(reader);
  }

  @Override
  public long followerLag() {
    return Math.max(0, leaderHighWatermark - log.logEndOffset());
  }

  // ---- ReplicaReads.Bounds

  @Override
  public Errors refusal(FetchAsk ask) {
    // Nothing can be read of a log that is just being cut.
    return ask.follower() != null || ask.rack() == null || !change.isComplete()
        ? Errors.NOT_LEADER_OR_FOLLOWER
        : LeaderEpochs.fence(ask.currentLeaderEpoch(), leaderEpoch);
  }

  @Override
  public void onAdmitted(FetchRead reader, FetchAsk ask) {
    // Nobody follows a follower.
  }

  @Override
  public long endFor(FetchAsk ask) {
    return ask.readCommitted() ? lastStableOffset() : state.highWatermark();
  }

  @Override
  public long lastStableOffset() {
    return log.lastStableOffset(state.highWatermark());
  }

  @Override
  public long highWatermark() {
    return state.highWatermark();
  }

  @Override
  public int preferredReplica(FetchAsk ask) {
    return -1;
  }

  @Override
  public int leaderId() {
    return leader;
  }
}
