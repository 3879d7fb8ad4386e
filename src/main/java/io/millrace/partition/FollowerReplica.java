package io.millrace.partition;

import io.millrace.log.PartitionLog;
import io.millrace.log.ReplicationException;
import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.vertx.core.Future;
import java.io.IOException;
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
  // Invariant: everything below it is committed, and in this log. Goes back only with the log's
  // end.
  private long highWatermark;
  // As it was told last, also above the end of this log.
  private long leaderHighWatermark = -1;
  // null = no answer is being taken.
  private Taken taking;
  private Fetched current;
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
    this.highWatermark = Math.min(highWatermark, log.logEndOffset());
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
    } else if (fetched.error() == Errors.OFFSET_OUT_OF_RANGE
        && fetched.logStartOffset() > log.logEndOffset()) {
      fetched.released().run();
      LOG.info(
          "{} ends at {}, and its leader {} keeps nothing before {}: it starts anew there",
          id(),
          log.logEndOffset(),
          leader,
          fetched.logStartOffset());
      settle(log.restartAt(fetched.logStartOffset()));
    } else if (fetched.error() != Errors.NONE) {
      fetched.released().run();
      done(true);
    } else if (fetched.divergingEpoch() >= 0) {
      fetched.released().run();
      cut(fetched);
    } else if (fetched.records().hasRemaining()) {
      append(fetched);
    } else {
      fetched.released().run();
      done(false);
    }
  }

  /** What changes the log as a whole comes to its end. */
  private void settle(Future<Void> running) {
    change = running;
    change.onComplete(
        done -> {
          if (done.failed()) {
            warn("its log cannot be changed: " + done.cause().getMessage());
          }
          highWatermark = Math.min(highWatermark, log.logEndOffset());
          done(done.failed());
        });
  }

  private void cut(Fetched diverging) {
    long end = Math.min(diverging.divergingEndOffset(), log.logEndOffset());
    PartitionLog.EpochEnd here = log.endOfEpoch(diverging.divergingEpoch());
    if (here.endOffset() >= 0) {
      end = Math.min(end, here.endOffset());
    }
    if (end < highWatermark) {
      LOG.warn(
          "{} is cut at {}, though it was committed up to {}: its leader {} in epoch {} was elected"
              + " without having it",
          id(),
          end,
          highWatermark,
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

  private void append(Fetched fetched) {
    if (log.lowOnSpace()) {
      fetched.released().run();
      done(true);
      return;
    }
    try {
      log.replicate(fetched.records(), fetched.released());
    } catch (ReplicationException e) {
      warn(e.getMessage());
      log.write();
      settle(log.follow());
      return;
    }
    log.write();
    onLogEnd();
  }

  /** The answer is taken when everything of it is persisted. */
  private void onLogEnd() {
    if (taking != null && current != null && log.logEndOffset() >= log.nextOffset()) {
      done(false);
    }
  }

  private void done(boolean pause) {
    Taken taken = taking;
    Fetched fetched = current;
    taking = null;
    current = null;
    if (fetched != null && fetched.error() == Errors.NONE && !retired) {
      learn(fetched);
    }
    taken.onTaken(retired ? null : point(), pause);
  }

  private Point point() {
    return new Point(log.logEndOffset(), log.latestEpoch(), log.logStartOffset());
  }

  /** What the leader tells with every answer. */
  private void learn(Fetched fetched) {
    if (fetched.logStartOffset() > log.logStartOffset()) {
      log.deleteRecordsBefore(Math.min(fetched.logStartOffset(), log.logEndOffset()));
    }
    leaderHighWatermark = fetched.highWatermark();
    long committed = Math.min(fetched.highWatermark(), log.logEndOffset());
    if (committed > highWatermark) {
      highWatermark = committed;
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
    if (taking != null) {
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
    if (taking != null) {
      done(false);
    }
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
    return ask.follower() != null || ask.rack() == null
        ? Errors.NOT_LEADER_OR_FOLLOWER
        : LeaderEpochs.fence(ask.currentLeaderEpoch(), leaderEpoch);
  }

  @Override
  public void onAdmitted(FetchAsk ask) {
    // Nobody follows a follower.
  }

  @Override
  public long endFor(FetchAsk ask) {
    return highWatermark;
  }

  @Override
  public long highWatermark() {
    return highWatermark;
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
