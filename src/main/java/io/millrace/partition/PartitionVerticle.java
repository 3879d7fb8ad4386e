package io.millrace.partition;

import io.millrace.log.LogListener;
import io.millrace.log.LogNotOpenedException;
import io.millrace.log.PartitionLog;
import io.millrace.log.PartitionLog.ActiveProducer;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.state.LeaderState;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns this node's replica of one partition. It only queues and delegates: what the replica is at
 * the moment (opening, leading, offline) is an object of its own.
 *
 * <p>Owner: partition loop.
 */
final class PartitionVerticle extends VerticleBase implements Partition, Replica, LogListener {
  private static final Logger LOGGER = LoggerFactory.getLogger(PartitionVerticle.class);

  /** How long to wait before trying again to open a log for which there was no space. */
  private static final long FIRST_REOPEN_MS = 500;

  private static final long MAX_REOPEN_MS = 30_000;

  private final TopicIdPartition id;
  private final PartitionParts parts;
  private PartitionSettings settings;
  private PartitionImage image;

  private Loop loop;
  private Replica current;
  // null = not open (yet or any more).
  private PartitionLog log;
  // null = not leading.
  private LeaderReplica leader;
  private final Promise<Void> opened = Promise.promise();
  // Completes, on the loop, when the attempt to open the log has come to its end.
  private Future<Void> attempt;
  // 0 = the last attempt was not in vain.
  private long reopenMs;
  private boolean ended;
  // The log's directory has failed: whoever is to lead, it is not this replica.
  private boolean failed;
  private boolean maintaining;

  // Written by the partition's loop only; read by anybody.
  private volatile Status status;

  PartitionVerticle(
      TopicIdPartition id, PartitionImage image, PartitionSettings settings, PartitionParts parts) {
    this.id = id;
    this.image = image;
    this.settings = settings;
    this.parts = parts;
    this.status = new Status(parts.logs().directoryOf(id), 0, 0, 0, 0, false, false);
  }

  // ---- life

  @Override
  public Future<?> start() {
    loop = parts.currentLoop().get();
    OpeningReplica opening = new OpeningReplica();
    current = opening;
    open();
    attempt.onComplete(
        any -> {
          opening.succeed(current);
          opened.complete();
        });
    return Future.succeededFuture();
  }

  private void open() {
    Promise<Void> done = Promise.promise();
    attempt = done.future();
    parts
        .logs()
        .open(id, settings.log(), loop, this)
        .onComplete(
            result ->
                loop.run(
                    () -> {
                      if (result.succeeded()) {
                        onOpened(result.result());
                      } else {
                        onUnopenable(result.cause());
                      }
                      done.complete();
                    }));
  }

  private void reopen() {
    if (!ended) {
      open();
    }
  }

  /** Completes when the log is open or known not to be openable now. */
  Future<Void> opened() {
    return opened.future();
  }

  private void onOpened(PartitionLog openedLog) {
    if (reopenMs > 0) {
      LOGGER.info("{} is open at last", id);
    }
    log = openedLog;
    if (!openedLog.config().equals(settings.log())) {
      openedLog.reconfigure(settings.log());
    }
    lead();
    scheduleMaintenance();
  }

  private void lead() {
    if (image.leader() != parts.replica().nodeId()) {
      current = new OfflineReplica(Errors.NOT_LEADER_OR_FOLLOWER, null);
      publish();
      return;
    }
    log.startEpoch(image.leaderEpoch());
    LeaderState state =
        new LeaderState(
            parts.replica().nodeId(),
            image.leaderEpoch(),
            image.isr(),
            effective().minInsyncReplicas(),
            log.logEndOffset(),
            log.logStartOffset());
    leader = new LeaderReplica(parts.replica(), loop, log, state, effective());
    current = leader;
    publish();
    leader.moveIn(parts.residents());
  }

  private PartitionSettings effective() {
    return settings.cappedTo(image.replicas().size());
  }

  private void onUnopenable(Throwable cause) {
    if (!(cause instanceof LogNotOpenedException passing)) {
      LOGGER.error("{} cannot be opened", id, cause);
    } else if (passing.retriable()) {
      if (reopenMs == 0) {
        LOGGER.error("{} cannot be opened yet: {}", id, cause.getMessage());
      }
      reopenMs = Math.min(MAX_REOPEN_MS, Math.max(FIRST_REOPEN_MS, 2 * reopenMs));
      loop.schedule(reopenMs, this::reopen);
    }
    goOffline(Errors.KAFKA_STORAGE_ERROR, "The log cannot be opened: " + cause.getMessage());
  }

  private void goOffline(Errors why, String message) {
    OfflineReplica offline = new OfflineReplica(why, message);
    current = offline;
    LeaderReplica retiring = leader;
    leader = null;
    publish();
    if (retiring != null) {
      retiring.retire(why, offline);
    }
  }

  /** The controller committed a change of this partition. */
  void onImage(PartitionImage changed) {
    boolean newEpoch = changed.leaderEpoch() != image.leaderEpoch();
    image = changed;
    if (log == null || failed) {
      return;
    }
    LeaderReplica before = leader;
    if (newEpoch) {
      leader = null;
      lead();
      if (before != null) {
        before.retire(Errors.NOT_LEADER_OR_FOLLOWER, current);
      }
    } else if (before != null) {
      before.onCommittedIsr(changed.isr());
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
      scheduleMaintenance();
    }
  }

  /**
   * Ends the replica and closes its files; what was acknowledged is on disk or in the page cache.
   */
  Future<Void> close() {
    return end(PartitionLog::close, Future::succeededFuture, Errors.NOT_LEADER_OR_FOLLOWER);
  }

  /** Ends the replica and removes its files. */
  Future<Void> delete() {
    return end(
        PartitionLog::delete,
        () -> parts.logs().deleteUnopened(id, settings.log(), loop),
        Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  private Future<Void> end(
      Function<PartitionLog, Future<Void>> how, Supplier<Future<Void>> unopened, Errors why) {
    return opened()
        .compose(
            any ->
                onLoop(
                    () -> {
                      ended = true;
                      return attempt.compose(done -> endNow(how, unopened, why));
                    }));
  }

  private Future<Void> endNow(
      Function<PartitionLog, Future<Void>> how, Supplier<Future<Void>> unopened, Errors why) {
    PartitionLog ending = log;
    log = null;
    if (ending == null || leader == null) {
      goOffline(why, null);
      return ending == null ? unopened.get() : how.apply(ending);
    }
    current = new OfflineReplica(why, null);
    leader.resign(why, current);
    publish();
    // The log writes what it has given offsets to; that is acknowledged yet.
    return how.apply(ending).onComplete(done -> goOffline(why, null));
  }

  /** Retention, roll by age and flush by time. */
  private void scheduleMaintenance() {
    if (!maintaining) {
      maintaining = true;
      long everyMs = Math.min(parts.maintenanceMs(), Math.max(1, settings.log().flushMs()));
      loop.schedule(everyMs, this::maintain);
    }
  }

  private void maintain() {
    maintaining = false;
    if (log != null) {
      log.maintain(stableEnd(), parts.replica().clock().wallMs());
      publish();
      scheduleMaintenance();
    }
  }

  // ---- Replica

  @Override
  public void append(ProduceAppend append) {
    current.append(append);
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
  public Resident resident() {
    return current.resident();
  }

  // ---- LogListener

  @Override
  public void onPersisted(long logEndOffset) {
    if (leader != null) {
      leader.onPersisted(logEndOffset);
    }
    publish();
  }

  @Override
  public void onAppendFailed(long fromOffset, IOException cause, boolean retriable) {
    if (leader != null) {
      leader.onAppendFailed(fromOffset, cause);
    }
  }

  @Override
  public void onOffline(IOException cause) {
    failed = true;
    goOffline(Errors.KAFKA_STORAGE_ERROR, "The log directory is offline: " + cause.getMessage());
  }

  @Override
  public long stableEnd() {
    if (leader == null) {
      return log == null ? 0 : log.logStartOffset();
    }
    // Without transactions the last stable offset is the high watermark.
    return leader.state().highWatermark();
  }

  @Override
  public void onLogStartOffset(long logStartOffset) {
    publish();
    if (leader != null) {
      leader.fireWatchers();
    }
  }

  // ---- Partition

  @Override
  public TopicIdPartition id() {
    return id;
  }

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public Replica replica() {
    return this;
  }

  @Override
  public Status status() {
    return status;
  }

  private void publish() {
    PartitionLog open = log;
    status =
        open == null
            ? new Status(status.logDir(), status.sizeInBytes(), -1, -1, -1, false, false)
            : new Status(
                parts.logs().directoryOf(id),
                open.sizeInBytes(),
                open.logStartOffset(),
                leader == null ? -1 : leader.state().highWatermark(),
                open.logEndOffset(),
                leader != null,
                leader != null);
  }

  @Override
  public Future<Answer<ListedOffset>> listOffset(
      long timestampMs, boolean readCommitted, int currentLeaderEpoch) {
    return leading(
        currentLeaderEpoch,
        leading -> {
          if (timestampMs == -1) {
            int epoch = leading.state().leaderEpoch();
            return listed(new ListedOffset(leading.readableEnd(), -1, epoch));
          }
          if (timestampMs == -2 || timestampMs == -4) {
            long start = log.logStartOffset();
            return listed(new ListedOffset(start, -1, log.epochOf(start)));
          }
          long bound = leading.readableEnd();
          return (timestampMs == -3
                  ? log.offsetOfMaxTimestamp(bound)
                  : log.offsetForTimestamp(timestampMs, bound))
              .map(
                  found ->
                      found
                          .map(f -> new ListedOffset(f.offset(), f.timestamp(), f.leaderEpoch()))
                          .orElse(new ListedOffset(-1, -1, -1)))
              .map(Answer::of)
              .otherwise(PartitionVerticle::storageError);
        });
  }

  private static Future<Answer<ListedOffset>> listed(ListedOffset offset) {
    return Future.succeededFuture(Answer.of(offset));
  }

  private static <T> Answer<T> storageError(Throwable cause) {
    return Answer.refused(Errors.KAFKA_STORAGE_ERROR, cause.getMessage());
  }

  @Override
  public Future<Answer<EpochEnd>> endOfEpoch(int leaderEpoch, int currentLeaderEpoch) {
    return leading(
        currentLeaderEpoch,
        leading -> {
          PartitionLog.EpochEnd end = log.endOfEpoch(leaderEpoch);
          return Future.succeededFuture(
              Answer.of(new EpochEnd(end.leaderEpoch(), end.endOffset())));
        });
  }

  @Override
  public Future<Answer<Long>> deleteRecords(long beforeOffset) {
    return leading(
        -1,
        leading -> {
          long highWatermark = leading.state().highWatermark();
          long target = beforeOffset == -1 ? highWatermark : beforeOffset;
          // An empty policy keeps everything until somebody deletes it, by this request say.
          if (settings.log().compacts() && !settings.log().deletes()) {
            return Future.succeededFuture(
                Answer.refused(
                    Errors.POLICY_VIOLATION, "cleanup.policy of the topic is compact alone"));
          }
          if (target < 0 || target > highWatermark) {
            return Future.succeededFuture(
                Answer.refused(
                    Errors.OFFSET_OUT_OF_RANGE,
                    "Offset " + target + "; allowed are 0 to " + highWatermark));
          }
          return log.deleteRecordsBefore(target)
              .map(any -> Answer.of(log == null ? target : log.logStartOffset()))
              .otherwise(PartitionVerticle::storageError);
        });
  }

  @Override
  public Future<Answer<List<ActiveProducer>>> activeProducers() {
    return leading(-1, leading -> Future.succeededFuture(Answer.of(log.activeProducers())));
  }

  /** Runs a question on the loop if this replica leads and the client's epoch is right. */
  private <T> Future<Answer<T>> leading(
      int currentLeaderEpoch, Function<LeaderReplica, Future<Answer<T>>> question) {
    // The log may still be opening; what is asked of it waits as what is produced to it does.
    return opened()
        .compose(
            any ->
                onLoop(
                    () -> {
                      if (current instanceof OfflineReplica offline) {
                        return Future.succeededFuture(
                            Answer.refused(offline.error(), offline.message()));
                      }
                      Errors fenced = leader.fence(currentLeaderEpoch);
                      return fenced == Errors.NONE
                          ? question.apply(leader)
                          : Future.succeededFuture(Answer.refused(fenced, null));
                    }));
  }

  private <T> Future<T> onLoop(Supplier<Future<T>> task) {
    Promise<T> promise = Promise.promise();
    loop.run(() -> task.get().onComplete(promise));
    return promise.future();
  }
}
