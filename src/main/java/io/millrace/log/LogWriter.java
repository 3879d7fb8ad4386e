package io.millrace.log;

import io.millrace.log.LogWorker.Lane;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes assigned batches to the segments, everything queued with one gathering write.
 *
 * <p>The write runs on the owner's loop when all of this holds: the directory is fast, the active
 * segment's file is open, its indexes are on the heap, and no batch needs a new segment. Otherwise
 * it is one task on the worker, which opens, creates and writes what is needed; there is at most
 * one such task per log, and what is assigned meanwhile goes with the next one.
 *
 * <p>Owner: partition loop.
 */
final class LogWriter {
  private final LogState log;
  private final LogFlusher flusher;
  private final SegmentRoller roller;
  private final ArrayDeque<QueuedBatch> queue = new ArrayDeque<>();
  private ByteBuffer[] buffers = new ByteBuffer[16];

  /** A write, or the truncation after a failed one, is on the worker. */
  private boolean busy;

  private Promise<Void> idle;

  /** What is assigned waits: null = it does not; complete when no write runs any more. */
  private Promise<Void> held;

  LogWriter(LogState log, LogFlusher flusher, SegmentRoller roller) {
    this.log = log;
    this.flusher = flusher;
    this.roller = roller;
  }

  void enqueue(QueuedBatch batch) {
    queue.add(batch);
  }

  /** Completes when nothing is queued or being written; nothing must be assigned meanwhile. */
  Future<Void> idle() {
    write();
    if (!busy && queue.isEmpty() && held == null) {
      return Future.succeededFuture();
    }
    if (idle == null) {
      idle = Promise.promise();
    }
    return idle.future();
  }

  /**
   * Lets what is assigned from now on wait in the queue until {@link #release}. Completes when no
   * write runs.
   */
  Future<Void> hold() {
    held = Promise.promise();
    if (!busy) {
      held.complete();
    }
    return held.future();
  }

  /** Ends {@link #hold}; does nothing without one. */
  void release() {
    if (held == null) {
      return;
    }
    held.tryComplete();
    held = null;
    if (log.failure != null && !busy) {
      dropQueued();
    }
    write();
    tellIdle();
  }

  /** Writes what is queued, or has it written. */
  void write() {
    if (busy || held != null || queue.isEmpty() || log.failure != null) {
      return;
    }
    Segment active = log.segments.active();
    if (active != null
        && active.indexesLoaded()
        && !log.directory.slow()
        && roller.fit(active, queue)) {
      FileChannel channel = active.file().tryAcquire();
      if (channel != null) {
        writeHere(active, channel);
        return;
      }
    }
    writeOnWorker();
  }

  private void writeHere(Segment active, FileChannel channel) {
    int count = queue.size();
    if (buffers.length < count) {
      buffers = new ByteBuffer[count * 2];
    }
    int i = 0;
    for (QueuedBatch batch : queue) {
      buffers[i++] = batch.buffer();
    }
    long started = log.clock.nanos();
    try {
      writeAt(channel, active.size(), buffers, count);
    } catch (IOException | RuntimeException e) {
      repairOnWorker(active, LogState.asIoException(e));
      return;
    } finally {
      active.file().release();
      Arrays.fill(buffers, 0, count, null);
    }
    log.directory.onWriteTook(log.clock.nanos() - started);
    List<QueuedBatch> written = List.copyOf(queue);
    queue.clear();
    long nowMs = log.clock.wallMs();
    apply(active, written, nowMs);
    finish(written, List.of(), null);
  }

  private void writeAt(FileChannel channel, int position, ByteBuffer[] from, int count)
      throws IOException {
    if (count == 1) {
      log.io().writeFully(channel, from[0], position);
    } else {
      // The channel's own position is used by nobody else; replies read at given positions.
      channel.position(position);
      log.io().writeFully(channel, from, 0, count);
    }
  }

  private void apply(Segment segment, List<QueuedBatch> batches, long nowMs) {
    if (batches.isEmpty()) {
      return;
    }
    int before = segment.size();
    for (QueuedBatch batch : batches) {
      segment.onBatch(
          batch.baseOffset(),
          batch.lastOffset(),
          batch.sizeInBytes(),
          batch.maxTimestamp(),
          log.config.indexIntervalBytes(),
          true);
    }
    int bytes = segment.size() - before;
    log.directory.residency().onWritten(bytes);
    segment.onAppended(bytes, nowMs, log.directory.residency());
    log.writtenEnd = segment.endOffset();
    log.producers.persistedTo(log.writtenEnd);
  }

  /**
   * Everything is updated: gives the memory back and tells the listener. What it assigns in turn is
   * queued, and written at the end.
   */
  private void finish(List<QueuedBatch> written, List<QueuedBatch> failed, IOException cause) {
    busy = true;
    for (QueuedBatch batch : written) {
      batch.released().run();
    }
    for (QueuedBatch batch : failed) {
      batch.released().run();
    }
    if (!failed.isEmpty() && log.failure == null) {
      boolean retriable = log.directory.failure() == null;
      log.listener.onAppendFailed(failed.get(0).baseOffset(), cause, retriable);
    }
    if (!written.isEmpty()) {
      flusher.onWritten();
    }
    busy = false;
    if (log.failure != null) {
      dropQueued();
    }
    write();
    if (!busy && held != null) {
      held.tryComplete();
    }
    tellIdle();
  }

  private void tellIdle() {
    if (!busy && queue.isEmpty() && held == null && idle != null) {
      Promise<Void> promise = idle;
      idle = null;
      promise.complete();
    }
  }

  /** The directory failed while a write was on the worker; who waits has been told already. */
  private void dropQueued() {
    List<QueuedBatch> dropped = new ArrayList<>();
    undo(dropped);
    dropped.forEach(batch -> batch.released().run());
  }

  private void writeOnWorker() {
    List<QueuedBatch> batches = List.copyOf(queue);
    queue.clear();
    long nowMs = log.clock.wallMs();
    runOnWorker(roller.plan(log.segments.active(), batches, nowMs), batches, nowMs);
  }

  /** Starts a new segment at the end of the log, unless there is something to be written. */
  void roll() {
    if (!busy && held == null && queue.isEmpty() && log.failure == null && !log.gone) {
      long nowMs = log.clock.wallMs();
      runOnWorker(roller.planRoll(nowMs), List.of(), nowMs);
    }
  }

  private void runOnWorker(WriteTask task, List<QueuedBatch> batches, long nowMs) {
    busy = true;
    log.directory
        .worker()
        .<Void>run(
            Lane.WRITE,
            log.owner,
            () -> {
              task.run();
              return null;
            })
        .onComplete(done -> onTaskDone(task, batches, nowMs));
  }

  private void onTaskDone(WriteTask task, List<QueuedBatch> batches, long nowMs) {
    if (task.failure() != null && !task.repaired()) {
      log.directory.health().fail(task.failure());
    }
    int written = 0;
    for (WriteTask.Run run : task.runs()) {
      if (!run.opened()) {
        break;
      }
      Segment segment = run.segment();
      if (run.isNew()) {
        roller.onNewSegment(segment);
        flusher.onFileCreated();
      } else if (run.indexes() != null) {
        segment.install(run.indexes());
      }
      if (!run.written()) {
        break;
      }
      apply(segment, run.batches(), nowMs);
      written += run.batches().size();
    }
    if (task.rolled()) {
      flusher.onRolled();
    }
    List<QueuedBatch> failed = new ArrayList<>(batches.subList(written, batches.size()));
    if (task.failure() != null) {
      undo(failed);
    }
    finish(batches.subList(0, written), failed, task.failure());
  }

  /** A write on the loop failed: the torn bytes are cut off on the worker. */
  private void repairOnWorker(Segment active, IOException cause) {
    busy = true;
    int size = active.size();
    log.directory
        .worker()
        .run(
            Lane.WRITE,
            log.owner,
            () -> WriteTask.repair(log.directory, active.file(), size, cause))
        .onComplete(
            repaired -> {
              if (repaired.failed() || !repaired.result()) {
                log.directory.health().fail(cause);
              }
              List<QueuedBatch> failed = new ArrayList<>();
              undo(failed);
              finish(List.of(), failed, cause);
            });
  }

  /**
   * Takes back the failed batches and, as their offsets depend on it, everything queued since,
   * which is added to {@code failed}.
   */
  private void undo(List<QueuedBatch> failed) {
    failed.addAll(queue);
    queue.clear();
    if (!failed.isEmpty()) {
      log.undoFrom(failed.get(0).baseOffset());
    }
  }

  /** The directory failed: nothing that is queued will be written. */
  void onOffline(IOException cause) {
    if (busy) {
      return; // what is queued is dropped when the task is done
    }
    List<QueuedBatch> failed = new ArrayList<>();
    undo(failed);
    finish(List.of(), failed, cause);
  }
}
