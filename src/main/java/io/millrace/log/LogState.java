package io.millrace.log;

import io.millrace.model.Clock;
import io.millrace.model.TopicIdPartition;
import io.millrace.record.RecordBatch;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableSet;
import java.util.concurrent.Executor;

/**
 * What the parts of one log share; each part says in its own description what it does with it.
 *
 * <p>Invariant: {@code logStartOffset <= visibleEnd <= writtenEnd <= nextOffset}, and {@code
 * durableEnd <= writtenEnd}.
 *
 * <p>Owner: partition loop.
 */
final class LogState {
  /** Where the log is; another one after a move. Other threads read it. */
  volatile LogDirectory directory;

  final TopicIdPartition id;

  /** The log's own directory; another one after a move. Other threads read it. */
  volatile Path path;

  final Executor owner;
  final Clock clock;
  final LogListener listener;
  final Segments segments = new Segments();
  LeaderEpochCache epochs;
  ProducerStateTable producers;
  LogTransactions transactions;

  /** Offsets of the producer snapshots on the disk. */
  final NavigableSet<Long> snapshots;

  /** Other threads read it. */
  volatile LogConfig config;

  /** First offset that can be read; other threads read it for the checkpoint. */
  volatile long logStartOffset;

  /** Given to the next batch. */
  long nextOffset;

  /** End of what is in the files (exclusive). */
  long writtenEnd;

  /** End of what is known to be fsynced (exclusive). */
  long durableEnd;

  /** End of what readers may see (exclusive). */
  long visibleEnd;

  /**
   * Up to where (exclusive) a recovery need not read: durable, and indexed on the disk as well. For
   * the checkpoint, which other threads write.
   */
  volatile long recoveryPoint;

  /**
   * Up to where (exclusive) the owner knows the log to be committed. For the checkpoint, which
   * other threads write.
   */
  volatile long highWatermark;

  /**
   * When the cleaner is to look at the log; {@link Long#MAX_VALUE} = not before a segment is closed
   * or the settings change. Other threads read it.
   */
  volatile long cleaningDueMs;

  /**
   * Whether the oldest segment has a record of the future, so that retention by time waits for it.
   * Other threads read it.
   */
  volatile boolean fromTheFuture;

  /** Why the log is offline; null = it is online. Other threads read it. */
  volatile IOException failure;

  /** The leader epoch begun last by {@link PartitionLog#startEpoch}; -1 = none. */
  int startedEpoch = LeaderEpochCache.NO_EPOCH;

  /**
   * Bad bytes of a segment, or its index files, are being written anew, or files of deleted
   * segments get other names: whoever looks for files by their names, or gives the names to others,
   * waits for it. Invariant: complete when nothing of this runs.
   */
  Future<Void> fileTasks = Future.succeededFuture();

  /** Changes under way that put other segments in the place of the present ones; 0 = none. */
  int changing;

  /**
   * Completes when the files of the log are where {@link #path} says; null = they are. Until then
   * who finds a file closed waits.
   */
  Future<Void> relocating;

  /** The log is closed or deleted: tasks that still run for it find its files gone. */
  boolean gone;

  LogState(
      LogDirectory directory,
      TopicIdPartition id,
      Executor owner,
      LogListener listener,
      Clock clock,
      LogConfig config,
      LoadedLog loaded) {
    this.directory = directory;
    this.id = id;
    this.path = loaded.path();
    this.owner = owner;
    this.listener = listener;
    this.clock = clock;
    this.config = config;
    this.snapshots = loaded.snapshots();
    this.epochs = loaded.epochs();
    this.producers = loaded.producers();
    this.transactions = loaded.transactions();
    loaded.segments().forEach(segments::add);
    logStartOffset = loaded.logStartOffset();
    nextOffset = loaded.endOffset();
    writtenEnd = loaded.endOffset();
    visibleEnd = loaded.endOffset();
    durableEnd = loaded.durableEnd();
    recoveryPoint = durableEnd;
    long committed = directory.checkpoints().highWatermark(id.topicPartition());
    highWatermark = Math.max(logStartOffset, Math.min(committed, writtenEnd));
    cleaningDueMs = config.compacts() ? 0 : Long.MAX_VALUE;
  }

  /** Something changed that can make the log worth cleaning. */
  void lookForDirt() {
    if (config.compacts()) {
      cleaningDueMs = 0;
    }
  }

  /**
   * Notes the leader epoch and the producer of a batch that has its offsets: the next one comes
   * behind it.
   */
  void onAssigned(ByteBuffer batch) {
    int at = batch.position();
    if (RecordBatch.hasProducerId(batch, at)) {
      transactions.onBatch(producers, batch, at, true);
    }
    epochs.onBatch(RecordBatch.leaderEpoch(batch, at), nextOffset);
    nextOffset = RecordBatch.nextOffset(batch, at);
  }

  /** Takes back what was assigned from {@code offset} (inclusive) on. */
  void undoFrom(long offset) {
    nextOffset = offset;
    producers.undoFrom(offset);
    transactions.undoFrom(offset, producers);
    epochs.truncateFromEnd(offset);
    if (startedEpoch > epochs.latestEpoch()) {
      epochs.assign(startedEpoch, offset);
    }
  }

  /** Puts what a truncation has left in the place of everything. */
  void replace(
      List<Segment> left,
      ProducerStateTable leftProducers,
      LogTransactions leftTransactions,
      LeaderEpochCache leftEpochs,
      long endOffset) {
    segments.replace(left);
    producers = leftProducers;
    transactions = leftTransactions;
    epochs = leftEpochs;
    startedEpoch = epochs.latestEpoch();
    nextOffset = endOffset;
    writtenEnd = endOffset;
    visibleEnd = endOffset;
    durableEnd = Math.min(durableEnd, endOffset);
    snapshots.tailSet(endOffset, false).clear();
  }

  /** A task on the worker that {@link #fileTasks} is to wait for. */
  void onFileTask(Future<?> task) {
    fileTasks = fileTasks.isComplete() ? task.mapEmpty() : Future.join(fileTasks, task).mapEmpty();
  }

  /** Something on the worker failed that is not written for an append. */
  void onTaskFailed(String what, Throwable cause) {
    if (!gone) {
      directory.health().onCareFailed(what, cause);
    }
  }

  /**
   * The segments' files are about to have another place: who does not have one open finds it
   * closed, and waits for this.
   */
  void relocating(Future<Void> until) {
    relocating = until;
    segments.all().forEach(segment -> segment.file().doom());
  }

  /** The segments' files are here now. */
  void relocate(LogDirectory to, Path place) {
    relocating = null;
    for (Segment segment : segments.all()) {
      segment.relocate(
          new SegmentFile(
              to.channels(), SegmentNames.file(place, segment.baseOffset(), SegmentNames.LOG)));
    }
    directory = to;
    path = place;
  }

  FileIo io() {
    return directory.io();
  }

  /** The cause as what the listener takes; anything else than an IOException is a bug. */
  static IOException asIoException(Throwable cause) {
    return cause instanceof IOException e ? e : new IOException("Unexpected: " + cause, cause);
  }
}
