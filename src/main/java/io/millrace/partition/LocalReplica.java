package io.millrace.partition;

import io.millrace.cluster.PartitionLive;
import io.millrace.log.FileSlice;
import io.millrace.log.LogConfig;
import io.millrace.log.LogNotOpenedException;
import io.millrace.log.PartitionLog;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.TransactionMarker;
import io.millrace.partition.state.IsrShift;
import io.millrace.partition.state.LeaderState;
import io.vertx.core.Future;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * This node's replica of one partition for as long as it is here: its log, and how one role follows
 * another. What it is at the moment (opening, leading, following, offline) is an object of its own,
 * to which it passes on what is asked of it.
 *
 * <p>Owner: partition loop.
 */
final class LocalReplica implements Replica, LogOpening.Opener {
  private final TopicIdPartition id;
  private final PartitionParts parts;
  private final PublishedReplica published;
  private PartitionSettings settings;
  private PartitionImage image;

  // null = open has not been called.
  private Loop loop;
  private LogOpening opening;
  private Replica current;
  // null = not open (yet or any more).
  private PartitionLog log;
  // null = not leading.
  private LeaderReplica leader;
  // null = not following.
  private FollowerReplica follower;
  // Of a former follower; nothing may be appended before it is complete.
  private Future<Void> settling = Future.succeededFuture();
  // What the last role knew of it. Invariant: everything below is committed.
  private long knownHighWatermark;
  // The log's directory has failed: whoever is to lead, it is not this replica.
  private boolean failed;

  LocalReplica(
      TopicIdPartition id,
      PartitionImage image,
      PartitionSettings settings,
      PartitionParts parts,
      PublishedReplica published) {
    this.id = id;
    this.image = image;
    this.settings = settings;
    this.parts = parts;
    this.published = published;
  }

  /**
   * Opens the log, once, before anything is asked. Complete when it is open or known not to be
   * openable now; that is tried again.
   */
  Future<Void> open(Loop owner) {
    loop = owner;
    OpeningReplica waiting = new OpeningReplica();
    current = waiting;
    opening = new LogOpening(id, parts.logs(), loop, this);
    return opening.begin().onComplete(any -> waiting.succeed(current));
  }

  // ---- LogOpening.Opener

  @Override
  public LogConfig logConfig() {
    return settings.log();
  }

  @Override
  public void onOpened(PartitionLog openedLog) {
    log = openedLog;
    published.condition(ReplicaCondition.ONLINE);
    knownHighWatermark = openedLog.highWatermark();
    if (!openedLog.config().equals(settings.log())) {
      openedLog.reconfigure(settings.log());
    }
    takeRole();
    scheduleMaintenance();
  }

  @Override
  public void onUnopenable(Throwable cause) {
    boolean closing = cause instanceof LogNotOpenedException why && !why.retriable();
    published.condition(closing ? null : ReplicaCondition.OFFLINE);
    goOffline(Errors.KAFKA_STORAGE_ERROR, "The log cannot be opened: " + cause.getMessage());
  }

  // ---- roles

  /**
   * Becomes what the image says that this replica is, in its leader epoch; what a follower has
   * begun to change in the log is brought to its end first, while requests wait.
   */
  private void takeRole() {
    if (settling.isComplete()) {
      become();
      return;
    }
    OpeningReplica waiting = new OpeningReplica();
    current = waiting;
    publish();
    settling.onComplete(
        any -> {
          if (current == waiting) {
            become();
          }
          waiting.succeed(current);
        });
  }

  /** A change of the log that failed has left it as it was, or taken its directory offline. */
  private void become() {
    if (log.isOffline()) {
      goOffline(Errors.KAFKA_STORAGE_ERROR, "The log directory is offline");
    } else if (image.leader() == parts.replica().nodeId()) {
      lead();
    } else if (image.leader() != PartitionImage.NO_LEADER) {
      follow();
    } else {
      current = new OfflineReplica(Errors.NOT_LEADER_OR_FOLLOWER, null);
      publish();
    }
  }

  private void lead() {
    log.startEpoch(image.leaderEpoch());
    leader = new LeaderReplica(parts.replica(), loop, log, newState(), effective(), this::publish);
    current = leader;
    publish();
    leader.reviewIsr();
    leader.moveIn(parts.residents());
  }

  private LeaderState newState() {
    return new LeaderState(
        parts.replica().nodeId(),
        LeaderState.Committed.of(image),
        effective().minInsyncReplicas(),
        log.logEndOffset(),
        Math.max(log.logStartOffset(), Math.min(knownHighWatermark, log.logEndOffset())),
        TimeUnit.NANOSECONDS.toMillis(parts.replica().clock().nanos()));
  }

  private void follow() {
    follower =
        new FollowerReplica(
            parts.replica(), loop, log, image.leader(), image.leaderEpoch(), knownHighWatermark);
    current = follower;
    publish();
    follower.begin();
  }

  private PartitionSettings effective() {
    return settings.cappedTo(image.replicas().size());
  }

  private void goOffline(Errors why, String message) {
    OfflineReplica offline = new OfflineReplica(why, message);
    current = offline;
    Runnable retire = leaveRole(why, offline);
    publish();
    retire.run();
  }

  /** Gives up the role; what is returned tells everybody, once there is a new one. */
  private Runnable leaveRole(Errors why, Replica successor) {
    LeaderReplica led = leader;
    FollowerReplica followed = follower;
    leader = null;
    follower = null;
    if (led != null) {
      knownHighWatermark = led.highWatermark();
      return () -> led.retire(why, successor == null ? current : successor);
    }
    if (followed != null) {
      settling = followed.settled();
      knownHighWatermark = followed.highWatermark();
      return () -> followed.retire(why);
    }
    return () -> {};
  }

  /**
   * The controller committed a change of this partition.
   *
   * @param now the settings that hold in the same image
   */
  void onImage(PartitionImage changed, PartitionSettings now) {
    int self = parts.replica().nodeId();
    boolean goesOn = leader != null && LeaderState.goesOn(self, image, changed);
    boolean newRole = changed.leaderEpoch() != image.leaderEpoch() && !goesOn;
    boolean newSettings = !now.equals(settings);
    if (newRole && changed.leader() == self) {
      parts
          .replica()
          .leaders()
          .isrCounters()
          .count(IsrShift.atElection(image.isr(), changed.isr(), changed.replicas()));
    }
    image = changed;
    settings = now;
    if (log == null || failed) {
      return;
    }
    if (newSettings) {
      log.reconfigure(now.log());
    }
    if (newRole) {
      Runnable retire = leaveRole(Errors.NOT_LEADER_OR_FOLLOWER, null);
      takeRole();
      retire.run();
    } else if (leader != null) {
      leader.onCommitted(LeaderState.Committed.of(changed), effective());
    }
  }

  /** Brokers came, went, or may be in sync again. */
  void onBrokers() {
    if (leader != null) {
      leader.reviewIsr();
    }
  }

  /** The topic's settings changed. */
  void onSettings(PartitionSettings changed) {
    settings = changed;
    if (log != null) {
      log.reconfigure(changed.log());
      if (leader != null) {
        leader.reconfigure(effective());
      }
    }
  }

  /**
   * Ends the replica and closes its files; what was acknowledged is on disk or in the page cache.
   */
  Future<Void> close() {
    return end(PartitionLog::close, Future::succeededFuture, Errors.NOT_LEADER_OR_FOLLOWER);
  }

  /** See {@link PartitionVerticle#delete}. */
  Future<Void> delete(Errors why) {
    return end(
        PartitionLog::delete, () -> parts.logs().deleteUnopened(id, settings.log(), loop), why);
  }

  private Future<Void> end(
      Function<PartitionLog, Future<Void>> how, Supplier<Future<Void>> unopened, Errors why) {
    opening.end();
    return opening.attempt().compose(done -> endNow(how, unopened, why));
  }

  private Future<Void> endNow(
      Function<PartitionLog, Future<Void>> how, Supplier<Future<Void>> unopened, Errors why) {
    PartitionLog ending = log;
    log = null;
    published.condition(null);
    if (ending == null || leader == null) {
      goOffline(why, null);
      return ending == null ? unopened.get() : settling.transform(any -> how.apply(ending));
    }
    current = new OfflineReplica(why, null);
    leader.resign(why, current);
    publish();
    // The log writes what it has given offsets to; that is acknowledged yet.
    return how.apply(ending).onComplete(done -> goOffline(why, null));
  }

  /** Retention, roll by age and flush by time, from when the log is open until it is not. */
  private void scheduleMaintenance() {
    long everyMs = Math.min(parts.maintenanceMs(), Math.max(1, settings.log().flushMs()));
    loop.schedule(everyMs, this::maintain);
  }

  private void maintain() {
    if (log != null) {
      if (isSettled()) {
        log.maintain(highWatermark(), parts.replica().clock().wallMs());
        publish();
      }
      scheduleMaintenance();
    }
  }

  /** Whether nothing is just changing the log as a whole. */
  private boolean isSettled() {
    return follower == null ? settling.isComplete() : follower.settled().isComplete();
  }

  // ---- Replica

  @Override
  public void append(ProduceAppend append) {
    current.append(append);
  }

  @Override
  public void endTransaction(TransactionMarker marker, Consumer<Errors> done) {
    current.endTransaction(marker, done);
  }

  @Override
  public List<OpenTransaction> openTransactions(int limit) {
    return current.openTransactions(limit);
  }

  @Override
  public void abortUnchanged(OpenTransaction seen, Consumer<Errors> done) {
    current.abortUnchanged(seen, done);
  }

  @Override
  public void read(FetchRead reader, FetchAsk ask) {
    current.read(reader, ask);
  }

  @Override
  public void unwatch(FetchRead reader) {
    current.unwatch(reader);
  }

  @Override
  public PartitionLive live() {
    return current.live();
  }

  @Override
  public long followerLag() {
    return current.followerLag();
  }

  @Override
  public RestingLog resting() {
    boolean rests =
        log != null
            && !failed
            && image.leader() == PartitionImage.NO_LEADER
            && settling.isComplete()
            && log.logEndOffset() == log.nextOffset();
    return rests ? RestingLog.of(log, image.leaderEpoch()) : null;
  }

  @Override
  public Resident resident() {
    return current.resident();
  }

  /** Runs a question if this replica leads and the client's epoch is right. */
  <T> Future<Answer<T>> ask(
      int currentLeaderEpoch, Function<LeaderQuestions, Future<Answer<T>>> question) {
    return LeaderQuestions.ask(current, log, currentLeaderEpoch, question);
  }

  /** See {@link Partition#copyFor}. */
  Future<Answer<FileSlice>> copyFor(long from, long to, int maxBytes) {
    return log == null || failed || (follower != null && !follower.settled().isComplete())
        ? Future.succeededFuture(Answer.refused(Errors.NOT_LEADER_OR_FOLLOWER, null))
        : ReplicaCopy.of(log, highWatermark(), from, to, maxBytes);
  }

  // ---- LogListener

  @Override
  public void onPersisted(long logEndOffset) {
    if (leader != null) {
      leader.onPersisted(logEndOffset);
    } else if (follower != null) {
      follower.onPersisted();
    }
    publish();
  }

  @Override
  public void onAppendFailed(long fromOffset, IOException cause, boolean retriable) {
    if (leader != null) {
      leader.onAppendFailed(fromOffset, cause);
    } else if (follower != null) {
      follower.onAppendFailed(cause);
    }
  }

  @Override
  public void onOffline(IOException cause) {
    failed = true;
    published.condition(ReplicaCondition.OFFLINE);
    goOffline(Errors.KAFKA_STORAGE_ERROR, "The log directory is offline: " + cause.getMessage());
  }

  @Override
  public long stableEnd() {
    return log == null ? 0 : log.lastStableOffset(highWatermark());
  }

  private long highWatermark() {
    if (leader != null) {
      return leader.highWatermark();
    }
    return follower != null ? follower.highWatermark() : knownHighWatermark;
  }

  @Override
  public void onMoved() {
    publish();
  }

  @Override
  public void onLogStartOffset(long logStartOffset) {
    publish();
    if (leader != null) {
      leader.fireWatchers();
    } else if (follower != null) {
      follower.fireWatchers();
    }
  }

  private void publish() {
    if (log == null) {
      published.publishWithoutLog();
    } else {
      log.noteHighWatermark(highWatermark());
      published.publish(log, highWatermark(), leader != null, follower != null);
    }
  }
}
