package io.millrace.log;

import io.millrace.fault.FaultPoint;
import io.millrace.log.LogWorker.Lane;
import io.millrace.log.clean.DirtyPart;
import io.millrace.log.clean.LogCompaction;
import io.millrace.model.Clock;
import io.millrace.model.EpochEnd;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import org.apache.kafka.common.protocol.Errors;

/**
 * The log of one replica of one partition: segments, indexes, leader epochs, producer state.
 *
 * <p>Owner: partition loop. Futures complete on it.
 */
public final class PartitionLog {
  private final LogState log;
  private final SegmentSealer sealer;
  private final LogFlusher flusher;
  private final LogWriter writer;
  private final ProducedBatches producedBatches;
  private final LogProducers producers;
  private final LogReader reader;
  private final LogCleaning cleaning;
  private final LogScrubbing scrubbing;
  private final LogMoving moving;
  private final LogSearch search;

  /** No batch is taken any more. */
  private boolean closing;

  private PartitionLog(LogState log) {
    this.log = log;
    sealer = new SegmentSealer(log);
    flusher = new LogFlusher(log, sealer);
    writer = new LogWriter(log, flusher, new SegmentRoller(log, sealer));
    producedBatches = new ProducedBatches(log, writer);
    producers = new LogProducers(log);
    reader = new LogReader(log);
    cleaning = new LogCleaning(log, new LogRetention(log, sealer, writer));
    scrubbing = new LogScrubbing(log, sealer, cleaning);
    moving = new LogMoving(log, new LogMove.Parts(this, writer, flusher, sealer, cleaning));
    search = new LogSearch(log, moving);
  }

  /**
   * Creates or loads the log of a partition, on the directory's worker. The future completes on
   * {@code owner}, which must run one task at a time, in order: the partition's loop. It fails with
   * the IOException of the disk.
   *
   * @param listener called on {@code owner} from then on, and not before
   */
  public static Future<PartitionLog> open(
      LogDirectory directory,
      TopicIdPartition id,
      LogConfig config,
      Executor owner,
      LogListener listener,
      Clock clock) {
    return directory
        .worker()
        .run(Lane.LOAD, owner, () -> new LogLoader(directory, id, config).load())
        .map(
            loaded -> {
              PartitionLog opened =
                  new PartitionLog(
                      new LogState(directory, id, owner, listener, clock, config, loaded));
              directory.onOpened(opened);
              return opened;
            });
  }

  public TopicIdPartition id() {
    return log.id;
  }

  /** The settings in force. */
  public LogConfig config() {
    return log.config;
  }

  /** Whether the log's directory has so little space left that no records are taken. */
  public boolean lowOnSpace() {
    return log.directory.lowOnSpace();
  }

  /** First offset that can be read. */
  public long logStartOffset() {
    return log.logStartOffset;
  }

  /** End of what is persisted (exclusive), as last told to {@link LogListener#onPersisted}. */
  public long logEndOffset() {
    return log.visibleEnd;
  }

  /**
   * Whether the log can be used no more until a restart, {@link LogListener#onOffline} being called
   * or about to be: what is in memory need not be what is on the disk.
   */
  public boolean isOffline() {
    return log.failure != null || log.directory.failure() != null;
  }

  /**
   * Up to where (exclusive) the owner knows the log to be committed, after a restart as the
   * checkpoint has it. From any thread.
   */
  public long highWatermark() {
    return log.highWatermark;
  }

  /** Notes it for the checkpoint. */
  public void noteHighWatermark(long highWatermark) {
    log.highWatermark = highWatermark;
  }

  /**
   * Up to where (exclusive) all transactions are decided, of what is committed below {@code
   * highWatermark}, which must not go back.
   */
  public long lastStableOffset(long highWatermark) {
    long first = log.transactions.firstUnstableOffset(highWatermark);
    return Math.min(highWatermark, Math.max(first, log.logStartOffset));
  }

  /** The aborted transactions that can have records from {@code from} to {@code to} (exclusive). */
  public List<AbortedTransaction> abortedTransactions(long from, long to) {
    return log.transactions.aborted().between(from, to);
  }

  /** The offset that the next batch will get; at least {@link #logEndOffset}. */
  public long nextOffset() {
    return log.nextOffset;
  }

  /** Leader epoch of the last batch; -1 = the log has none. */
  public int latestEpoch() {
    return log.epochs.latestEpoch();
  }

  /** Notes the start of a leader's epoch at {@link #nextOffset}. */
  public void startEpoch(int leaderEpoch) {
    log.startedEpoch = leaderEpoch;
    log.epochs.assign(leaderEpoch, log.nextOffset);
  }

  /**
   * Step one of an append: checks the producer's sequence, gives offsets and leader epoch to the
   * one validated batch in {@code batch} (patched in place) and queues it. The buffer must stay
   * untouched until the append is persisted or has failed; {@code released} is then called, once,
   * on the owner's loop.
   */
  public AppendOutcome assign(ByteBuffer batch, int leaderEpoch, long nowMs, Runnable released) {
    if (lowOnSpace()) {
      return new AppendOutcome.Refused(
          Errors.KAFKA_STORAGE_ERROR,
          "Log directory " + log.directory + " has too little space left");
    }
    return assignOwn(batch, leaderEpoch, nowMs, released);
  }

  /**
   * Whether this transactional batch of a client would begin a transaction here: it would be
   * assigned, and none of its producer is in progress.
   */
  public boolean beginsTransaction(ByteBuffer batch) {
    return producedBatches.beginsTransaction(batch);
  }

  /**
   * As {@link #assign}, for what the broker itself must write, such as commits: also while the
   * directory is low on space, which is kept free for this.
   */
  public AppendOutcome assignOwn(ByteBuffer batch, int leaderEpoch, long nowMs, Runnable released) {
    return assignOwn(batch, leaderEpoch, 0, nowMs, released);
  }

  /**
   * As the other, for the marker of a transaction that ran under this {@code transaction.version}.
   * It is refused by INVALID_PRODUCER_EPOCH or TRANSACTION_COORDINATOR_FENCED when it comes too
   * late.
   */
  public AppendOutcome assignOwn(
      ByteBuffer batch, int leaderEpoch, int transactionVersion, long nowMs, Runnable released) {
    if (closing || isOffline()) {
      return new AppendOutcome.Refused(
          Errors.KAFKA_STORAGE_ERROR, "The log of " + log.id + " is offline");
    }
    return producedBatches.assign(batch, leaderEpoch, transactionVersion, nowMs, released);
  }

  /**
   * Queues batches as a leader has them, for a follower: their offsets, epochs and bytes stay as
   * they are. They must be whole, and begin at {@link #nextOffset} or, where the leader's log is
   * compacted, later. {@link #write} follows, as after {@link #assign}.
   *
   * @param batches its remaining bytes, which must stay untouched until {@code released} is called,
   *     once, on the owner's loop
   * @throws ReplicationException if the bytes are no such batches; the good ones before the first
   *     bad one are queued
   */
  public void replicate(ByteBuffer batches, Runnable released) {
    if (closing || log.failure != null) {
      released.run();
      return;
    }
    new ReplicatedBatches(log, writer).queue(batches, released);
  }

  /**
   * From now on a leader elsewhere gives out the offsets: completes when all that was assigned here
   * is persisted or has failed. An epoch in which nothing was written is forgotten. Nothing may be
   * assigned meanwhile.
   */
  public Future<Void> follow() {
    log.startedEpoch = LeaderEpochCache.NO_EPOCH;
    return writer
        .idle()
        .compose(
            done ->
                log.visibleEnd < log.writtenEnd && log.failure == null
                    ? flusher.flush()
                    : Future.succeededFuture())
        .onSuccess(done -> log.epochs.truncateFromEnd(log.nextOffset));
  }

  /**
   * Step two: hands everything assigned so far to the disk with one gathering write; on this loop
   * while the directory is fast, on its worker while it is slow. {@link LogListener#onPersisted}
   * may be called before this returns.
   */
  public void write() {
    writer.write();
  }

  /**
   * Finds what to send from {@code offset} on: never beyond {@code endOffset} (exclusive; the
   * reader's bound), at most {@code maxBytes}, but at least the first batch whole if {@code
   * minOneBatch}.
   */
  public ReadResult read(long offset, long endOffset, int maxBytes, boolean minOneBatch) {
    return reader.read(offset, endOffset, maxBytes, minOneBatch);
  }

  /**
   * Finds batches as {@link #read} does, and checks the CRC of each on the worker. Completes with
   * null if there are none from {@code offset} to {@code endOffset} (exclusive). Fails with a
   * CorruptSegmentException if one is damaged, with an IndexOutOfBoundsException if the log does
   * not reach there or a batch is larger than {@code maxBytes}.
   */
  public Future<FileSlice> readVerified(long offset, long endOffset, int maxBytes) {
    return new VerifiedRead(log, reader).run(offset, endOffset, maxBytes);
  }

  /** The first record below {@code endOffset} with at least this timestamp. Reads on the worker. */
  public Future<Optional<TimestampedOffset>> offsetForTimestamp(long timestampMs, long endOffset) {
    return search.atOrAfter(timestampMs, endOffset);
  }

  /**
   * The first record with the greatest timestamp below {@code endOffset}; empty when the log is.
   */
  public Future<Optional<TimestampedOffset>> offsetOfMaxTimestamp(long endOffset) {
    return search.largest(endOffset);
  }

  /** OffsetForLeaderEpoch: the largest epoch up to the asked one and where it ends. */
  public EpochEnd endOfEpoch(int leaderEpoch) {
    return log.epochs.endOffsetFor(leaderEpoch, log.visibleEnd);
  }

  /** Leader epoch of the record at this offset; -1 = unknown. */
  public int epochOf(long offset) {
    return log.epochs.epochForOffset(offset);
  }

  /** DeleteRecords: moves the log start; durable (checkpointed) when complete. */
  public Future<Void> deleteRecordsBefore(long offset) {
    if (offset > log.logStartOffset) {
      log.logStartOffset = Math.min(offset, log.visibleEnd);
      log.epochs.truncateFromStart(log.logStartOffset);
      log.transactions.aborted().removeBelow(log.logStartOffset);
      log.listener.onLogStartOffset(log.logStartOffset);
    }
    // A start must find it where the log is by then.
    return moving
        .settled()
        .transform(
            any ->
                log.directory
                    .worker()
                    .perform(Lane.CARE, log.owner, log.directory.checkpoints()::saveStartOffsets))
        .onFailure(cause -> log.onTaskFailed("Writing the start of " + log.id, cause));
  }

  /** Whether a log of this name can be moved: the file system takes longer names than this one. */
  public static boolean canMove(TopicPartition name) {
    return SegmentNames.canMove(name.toString());
  }

  /**
   * Moves the log to another log directory of the node, while it is used as ever; to where it is:
   * gives up the move that there is. Completes when that is begun, on any thread, and never fails:
   * a log that is closed or offline stays where it is. From any thread.
   */
  public Future<Void> moveTo(LogDirectory target, LogMoves moves) {
    Promise<Void> begun = Promise.promise();
    log.owner.execute(() -> moving.moveTo(target, moves).onComplete(begun));
    return begun.future();
  }

  /** Forces everything written so far to the disk. */
  public Future<Void> flush() {
    return flusher.flush();
  }

  /** New topic settings, at once. */
  public void reconfigure(LogConfig config) {
    log.config = config;
    FaultPoint.LOG_SETTINGS_CHANGED.reached();
    log.lookForDirt();
  }

  /**
   * Cuts the log: removes all batches that hold {@code offset} or a later one. Durable when
   * complete. Nothing may be appended or read meanwhile. A batch at the cut goes as a whole, so
   * that {@link #logEndOffset} can be less than {@code offset} afterwards.
   */
  public Future<Void> truncateTo(long offset) {
    return moving.alone(
        () -> new LogTruncation(log, writer, flusher, sealer, cleaning).truncateTo(offset));
  }

  /**
   * Throws all records away and starts anew at any offset: what a follower has is older than
   * everything that its leader still keeps, say. Durable when complete. Nothing may be appended or
   * read meanwhile.
   */
  public Future<Void> restartAt(long offset) {
    return moving.alone(
        () -> new LogTruncation(log, writer, flusher, sealer, cleaning).restartAt(offset));
  }

  /** Bytes of all segments. */
  public long sizeInBytes() {
    return log.segments.sizeInBytes();
  }

  /** The producers that are remembered, for DescribeProducers. */
  public List<ActiveProducer> activeProducers() {
    return producers.active();
  }

  /** The transactions in progress, the oldest first; at most {@code limit}. */
  public List<OngoingTransaction> ongoingTransactions(int limit) {
    return producers.ongoing(limit);
  }

  /** The transaction of this producer in progress; null = there is none. */
  public OngoingTransaction ongoingTransaction(long producerId) {
    return producers.ongoingOf(producerId);
  }

  /**
   * Retention by time, size and start offset, and roll by {@code segment.ms}; called by the
   * supervisor now and then. Only offsets below {@code highWatermark} are deleted.
   */
  public void maintain(long highWatermark, long nowMs) {
    if (log.failure != null || closing || moving.switching()) {
      return;
    }
    log.producers.removeExpired(nowMs, log.config.producerIdExpirationMs());
    sealer.retry();
    if (!cleaning.busy()) {
      reader.trim(nowMs, sealer);
    }
    cleaning.retain(highWatermark, nowMs);
  }

  /**
   * Flushes, snapshots the producers, closes all files. After it only {@link #id} may be called.
   */
  public Future<Void> close() {
    closing = true;
    // First: a move on its way may wait for a cleaning that waits for space.
    Future<Void> cleaned = cleaning.end();
    return moving
        .stop(false)
        .compose(done -> cleaned)
        .compose(done -> writer.idle())
        .compose(done -> flusher.flush())
        .compose(done -> sealer.stop())
        .compose(done -> log.fileTasks.otherwiseEmpty())
        .compose(done -> log.directory.worker().perform(Lane.CARE, log.owner, sealer.closing()))
        .onComplete(
            done -> {
              if (done.succeeded()) {
                sealer.onClosing();
              }
              log.directory.onClosed(this, done.succeeded());
              forget();
            });
  }

  /**
   * Renames the directory to {@code …-delete} at once and removes it after {@code
   * file.delete.delay.ms}.
   */
  public Future<Void> delete() {
    closing = true;
    long delayMs = log.config.fileDeleteDelayMs();
    Future<Void> cleaned = cleaning.end();
    return moving
        .stop(true)
        .compose(done -> cleaned)
        .compose(done -> writer.idle())
        .compose(done -> sealer.stop())
        // Else they could take the files of the next log of this name.
        .compose(done -> log.fileTasks.otherwiseEmpty())
        .compose(
            done -> {
              log.directory.onDeleting(this);
              forget();
              return log.directory
                  .worker()
                  .perform(
                      Lane.CARE,
                      log.owner,
                      () -> {
                        FaultPoint.LOG_DELETION_BEGUN.reached();
                        log.directory.removeLog(log.id.topicPartition(), log.path, delayMs);
                      });
            });
  }

  /** Gives up the files; those that replies still send from are closed after them. */
  private void forget() {
    log.gone = true;
    log.segments.all().forEach(segment -> segment.file().doom());
  }

  /** When the cleaner is to look at the log; {@link Long#MAX_VALUE} = not now. From any thread. */
  long cleaningDueMs() {
    return log.cleaningDueMs;
  }

  /** How far its compaction is. From any thread. */
  LogCompaction compaction() {
    return cleaning.view();
  }

  /** Whether retention by time is held up by records of the future. From any thread. */
  boolean waitsForTheFuture() {
    return log.fromTheFuture;
  }

  /** Tells on the owner's loop how dirty the log is; -1 = not to be cleaned. From any thread. */
  void askDirtyRatio(DoubleConsumer answer) {
    log.owner.execute(
        () -> {
          DirtyPart dirty = closing ? null : cleaning.judge();
          answer.accept(dirty == null ? -1 : dirty.ratio());
        });
  }

  /** Compacts the log; tells on the owner's loop whether it did. From any thread. */
  void clean(CleanerResources resources, Consumer<Boolean> done) {
    log.owner.execute(
        () ->
            clean(resources)
                .onComplete(cleaned -> done.accept(cleaned.succeeded() && cleaned.result())));
  }

  /** The same on the owner's loop. */
  Future<Boolean> clean(CleanerResources resources) {
    return Future.<Void>succeededFuture()
        .compose(any -> closing ? Future.succeededFuture(false) : cleaning.clean(resources));
  }

  /** From any thread. */
  LogScrubbing scrubbing() {
    return scrubbing;
  }

  /** For the checkpoint; from any thread. */
  long recoveryPoint() {
    return log.recoveryPoint;
  }

  /** The directory failed; from any thread. */
  void onDirectoryFailed(IOException cause) {
    log.owner.execute(
        () -> {
          if (log.failure != null || log.gone) {
            return;
          }
          writer.onOffline(cause);
          log.failure = cause;
          flusher.onOffline(cause);
          log.listener.onOffline(cause);
        });
  }
}
