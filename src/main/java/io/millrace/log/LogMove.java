package io.millrace.log;

import io.millrace.log.FutureLog.Part;
import io.millrace.log.FutureLog.SourceException;
import io.millrace.log.LogWorker.Lane;
import io.millrace.model.TopicIdPartition;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves a log to another log directory of the node while it is appended to, read and followed.
 *
 * <p>The segments are copied in parts, the oldest first, until little is missing and the rest is
 * durable. Then appends wait in the log's queue, what is left is copied, and the copy takes the
 * place of the log ({@link MoveSwitch}). Segments that retention, compaction or a truncation has
 * changed meanwhile are dropped from the copy, and copied anew. What the scrub repairs meanwhile is
 * not: the new directory scrubs the copy at once, and finds there what it lacks.
 *
 * <p>Invariant: at every moment exactly one directory is the log, also for a start after a crash:
 * the old one as long as it has the log's name, else the copy. Nothing is written to the log
 * between the last byte copied and that name's end.
 *
 * <p>Owner: partition loop; {@link #progress} is for any thread.
 */
final class LogMove {
  private static final Logger LOG = LoggerFactory.getLogger(LogMove.class);

  /** The parts of the log that a move has a say in. */
  record Parts(
      PartitionLog whole,
      LogWriter writer,
      LogFlusher flusher,
      SegmentSealer sealer,
      LogCleaning cleaning) {}

  private static final int PART_BYTES = 4 << 20;

  /** Appends wait while so much is copied; twice as much after each attempt that found more. */
  private static final long SWITCH_BYTES = 1 << 20;

  private static final int MOST_DOUBLINGS = 6;

  private final LogState log;
  private final Parts parts;
  private final LogDirectory target;
  private final LogMoves moves;
  private final Runnable ended;
  private final FutureLog future;
  private final CopiedSegments copied;
  private final Promise<Void> begun = Promise.promise();
  private final Runnable admitted;

  /** A task of the move is on a worker, or appends wait for it. */
  private boolean running;

  private boolean switching;

  /** Whether the move copies, and others may have to wait for its end. */
  private boolean copies;

  /** Everything copied is durable. */
  private boolean forced;

  private int attempts;

  /** Completes when no task runs; null = nobody waits for that. */
  private Promise<Void> quiet;

  /** How it is to end: null = it goes on, true = the copy is removed. */
  private Boolean ending;

  private boolean over;
  private volatile LogMoves.Progress progress;

  LogMove(LogState log, Parts parts, LogDirectory target, LogMoves moves, Runnable ended) {
    this.log = log;
    this.parts = parts;
    this.target = target;
    this.moves = moves;
    this.ended = ended;
    future = new FutureLog(target, log.id);
    copied = new CopiedSegments(log);
    admitted = () -> log.owner.execute(this::onAdmitted);
    publish();
  }

  TopicIdPartition id() {
    return log.id;
  }

  LogDirectory target() {
    return target;
  }

  LogMoves.Progress progress() {
    return progress;
  }

  /** Whether it has been given up, and only its end is waited for. */
  boolean ends() {
    return ending != null;
  }

  /** Whether the copy is about to become the log. */
  boolean switching() {
    return switching;
  }

  /** Completes when the directory of the copy is there, or the move has ended. */
  Future<Void> begun() {
    return begun.future();
  }

  Future<Void> begin() {
    LOG.info("{} moves from {} to {}", log.id, log.directory, target);
    moves.onBegun(this);
    work(
        () -> {
          future.create();
          target.space().look(); // what was left of an earlier copy is gone
          return null;
        },
        any -> {
          begun.tryComplete();
          moves.admit(admitted);
        });
    return begun.future();
  }

  private void onAdmitted() {
    if (over) {
      moves.onLeft();
    } else {
      copies = true;
      step();
    }
  }

  /** Completes when nothing of the move runs. */
  Future<Void> quiet() {
    if (!running) {
      return Future.succeededFuture();
    }
    if (quiet == null) {
      quiet = Promise.promise();
    }
    return quiet.future();
  }

  /** Other segments are about to take the place of the present ones. Only while it is quiet. */
  void beforeChange() {
    List<Long> unused = copied.outdated();
  }

  /** They have: what is copied of bytes that stayed is still good. */
  void afterChange() {
    copied.onCut();
    step();
  }

  // ---- copying

  /** Does the next thing, unless something is being done. */
  private void step() {
    if (over || running || (!copies && ending == null)) {
      return;
    }
    if (ending != null) {
      finish(ending);
    } else if (log.gone || log.failure != null || target.failure() != null) {
      giveUp("a log directory failed");
    } else if (!target.space().takes(copied.left())) {
      giveUp("there is too little space for " + copied.left() + " more bytes in " + target);
    } else if (log.changing == 0) {
      copyNext();
    }
  }

  private void copyNext() {
    publish();
    List<Long> dropped = copied.outdated();
    if (!dropped.isEmpty()) {
      work(
          () -> {
            for (long base : dropped) {
              future.remove(base);
            }
            return null;
          },
          any -> copied.remove(dropped));
      return;
    }
    long left = copied.left();
    if (left > SWITCH_BYTES << Math.min(attempts, MOST_DOUBLINGS)) {
      copyPart();
    } else if (!copyIndexes()) {
      if (forced) {
        switchOver();
      } else {
        forced = true;
        work(
            () -> {
              future.force();
              return null;
            },
            any -> {});
      }
    }
  }

  private void copyPart() {
    long waitMs = moves.waitMs();
    if (waitMs > 0) {
      later(waitMs);
      return;
    }
    if (forced) {
      forced = false;
      attempts++;
    }
    for (Segment segment : log.segments.all()) {
      CopiedSegments.Copied copy = copied.begun(segment);
      if (copy.bytes() < segment.size()) {
        int length = Math.min(moves.partBytes(PART_BYTES), segment.size() - copy.bytes());
        Part part = new Part(segment.file(), segment.baseOffset(), copy.bytes(), length);
        work(
            () -> {
              future.copy(part);
              return null;
            },
            any -> {
              copy.onCopied(length);
              moves.onCopied(length);
            });
        return;
      }
    }
  }

  /** Begins to copy the indexes of the next closed segment; false = those of all are. */
  private boolean copyIndexes() {
    for (int slot = 0; slot + 1 < log.segments.count(); slot++) {
      Segment segment = log.segments.get(slot);
      CopiedSegments.Copied copy = copied.of(segment);
      if (copy != null
          && !copy.indexed()
          && !parts.sealer.pending(segment)
          && parts.cleaning.named(segment)) {
        Path source = log.path;
        work(
            () -> {
              future.copyIndexes(source, segment.baseOffset());
              return null;
            },
            any -> copy.onIndexed());
        return true;
      }
    }
    return false;
  }

  // ---- the switch

  private void switchOver() {
    switching = true;
    running = true;
    LogDirectory source = log.directory;
    Future.<Void>succeededFuture()
        .compose(any -> target.beforeMoveHere(log.id.topicPartition(), log.owner))
        .compose(any -> parts.cleaning.stop())
        .compose(any -> parts.writer.hold())
        .compose(any -> parts.flusher.flush())
        .compose(any -> parts.sealer.stop())
        .compose(any -> replace())
        .onComplete(done -> onSwitched(source, done));
  }

  /** The result says whether the log is in the other directory now. */
  private Future<Boolean> replace() {
    if (copied.left() > SWITCH_BYTES << MOST_DOUBLINGS) {
      return Future.succeededFuture(false); // a cleaning has just put new segments in its place
    }
    LogDirectory source = log.directory;
    Path place = log.path;
    MoveSwitch plan = plan(source);
    Promise<Void> relocated = Promise.promise();
    return onWorker(
            () -> {
              plan.complete();
              return null;
            })
        .compose(
            any -> {
              if (log.failure != null) {
                return Future.failedFuture(log.failure);
              }
              log.relocating(relocated.future());
              return onWorker(plan::rename);
            })
        .onComplete(
            done -> {
              if (log.relocating != null) {
                boolean moved = done.succeeded() && done.result();
                log.relocate(
                    moved ? target : source,
                    moved ? target.path().resolve(log.id.toString()) : place);
              }
              relocated.complete();
            });
  }

  private MoveSwitch plan(LogDirectory source) {
    List<Part> rest = new ArrayList<>();
    List<Long> indexes = new ArrayList<>();
    List<Long> dropped = copied.outdated();
    copied.remove(dropped);
    for (Segment segment : log.segments.all()) {
      CopiedSegments.Copied copy = copied.of(segment);
      int from = copy == null ? 0 : copy.bytes();
      rest.add(new Part(segment.file(), segment.baseOffset(), from, segment.size() - from));
      if (copy == null || !copy.indexed()) {
        // Also of one that grows: what is written later is added to what the files have.
        indexes.add(segment.baseOffset());
      }
    }
    List<LeaderEpochCache.EpochEntry> epochs = new ArrayList<>(log.epochs.entries());
    epochs.removeIf(entry -> entry.startOffset() >= log.writtenEnd);
    FutureLog.Rest others =
        new FutureLog.Rest(
            log.path,
            List.copyOf(log.snapshots),
            epochs,
            log.recoveryPoint,
            log.logStartOffset,
            log.highWatermark,
            source.checkpoints().cleanerOffset(log.id.topicPartition()));
    return new MoveSwitch(
        future,
        source,
        target,
        new MoveSwitch.Plan(
            log.id, dropped, rest, indexes, others, log.config.fileDeleteDelayMs()));
  }

  private void onSwitched(LogDirectory source, AsyncResult<Boolean> done) {
    boolean moved = done.succeeded() && done.result();
    if (moved) {
      source.onMovedAway(parts.whole);
      target.onOpened(parts.whole);
      moves.onMoved(log.id, target);
      LOG.info("{} is in {} now", log.id, target);
    }
    switching = false;
    parts.sealer.goOn();
    parts.writer.release();
    parts.cleaning.resume();
    forced = false;
    if (moved) {
      log.listener.onMoved();
      leave();
    }
    if (done.failed()) {
      onFailed(done.cause());
    } else if (!moved) {
      attempts++;
    }
    onQuiet();
  }

  // ---- the end

  /**
   * Ends the move, unless the copy becomes the log first.
   *
   * @param remove whether the copy goes; else a start goes on with the move
   */
  Future<Void> end(boolean remove) {
    if (over) {
      return Future.succeededFuture();
    }
    ending = remove;
    Promise<Void> promise = Promise.promise();
    quiet()
        .onComplete(
            any -> {
              if (!over) {
                finish(remove);
              }
              quiet().onComplete(done -> promise.complete());
            });
    return promise.future();
  }

  private void giveUp(String why) {
    LOG.error("{} does not move from {} to {}: {}", log.id, log.directory, target, why);
    moves.onFailed();
    finish(true);
  }

  private void finish(boolean remove) {
    leave();
    // When the old directory has failed, only a start finds out whether the log has its name there.
    boolean undecided = future.whole() && log.directory.failure() != null;
    if (!remove || undecided || target.failure() != null) {
      return;
    }
    running = true;
    onWorker(
            () -> {
              future.discard();
              return null;
            })
        .onComplete(
            done -> {
              if (done.failed()) {
                target.health().onCareFailed("Removing the copy of " + log.id, done.cause());
              }
              onQuiet();
            });
  }

  private void leave() {
    over = true;
    begun.tryComplete();
    moves.onEnded(this);
    if (copies) {
      copies = false;
      moves.onLeft();
    } else if (!moves.withdraw(admitted)) {
      copies = false; // admitted just now: that finds the move over
    }
    ended.run();
  }

  // ---- tasks

  private <T> Future<T> onWorker(Callable<T> task) {
    return Future.<Void>succeededFuture()
        .compose(any -> target.worker().run(Lane.MOVE, log.owner, task));
  }

  private void work(Callable<Void> task, Consumer<Void> then) {
    running = true;
    onWorker(task)
        .onComplete(
            done -> {
              if (done.succeeded()) {
                then.accept(null);
              } else {
                onFailed(done.cause());
              }
              onQuiet();
            });
  }

  private void onQuiet() {
    running = false;
    Promise<Void> waits = quiet;
    quiet = null;
    if (waits != null) {
      waits.complete();
    }
    step();
  }

  private void later(long delayMs) {
    target.worker().later(delayMs, Lane.MOVE, () -> log.owner.execute(this::step));
  }

  /** A task failed; what it was to copy is not copied. */
  private void onFailed(Throwable cause) {
    if (over || cause instanceof ClosedChannelException) {
      return; // the segment is gone: the next step sees that
    }
    if ((cause instanceof SourceException && cause.getCause() instanceof EOFException)
        || !(cause instanceof IOException)) {
      LOG.error("{} cannot be copied to {}", log.id, target, cause);
    } else if (cause instanceof SourceException) {
      log.onTaskFailed("Copying " + log.id, cause.getCause());
    } else if (log.failure == null && log.directory.failure() == null) {
      target.health().onCareFailed("Copying " + log.id, cause);
    }
    if (ending == null) {
      ending = true;
      moves.onFailed();
      LOG.error("{} does not move to {}: {}", log.id, target, cause.getMessage());
    }
  }

  private void publish() {
    progress =
        new LogMoves.Progress(
            log.id,
            log.directory.path().toString(),
            target.path().toString(),
            copied.bytes(),
            log.segments.sizeInBytes(),
            Math.max(0, log.writtenEnd - copied.endOffset()));
  }
}
