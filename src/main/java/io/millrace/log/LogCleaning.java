package io.millrace.log;

import io.millrace.fault.FaultPoint;
import io.millrace.log.LogWorker.Lane;
import io.millrace.log.clean.DirtyPart;
import io.millrace.log.clean.LastRecords;
import io.millrace.log.clean.LogCompaction;
import io.millrace.log.clean.SegmentFacts;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compaction of one log, as far as its owner has a say: which part is dirty, when compacted
 * segments take the place of others, when no cleaning may run. Files are read and written by a
 * {@link CleaningPass} on the worker.
 *
 * <p>While a round writes segments anew, no other task may rename or remove the files of closed
 * segments: retention waits for its next step, and truncation, closing and deletion {@link #stop}
 * it.
 *
 * <p>Owner: partition loop.
 */
final class LogCleaning {
  private static final Logger LOG = LoggerFactory.getLogger(LogCleaning.class);

  /** Until a round that found the disk full or too little memory is tried again. */
  private static final long RETRY_MS = 30_000;

  private static final long SWAP_RETRY_MS = 1_000;

  private final LogState log;

  /** The round that runs; null = none does. Only the partition loop sets it. */
  private volatile CleaningPass pass;

  /** No round is begun; null = the log goes on. */
  private Promise<Void> stopped;

  /** The log is being closed or deleted: it does not go on any more. */
  private boolean ended;

  /** Compacted segments whose files do not have their names yet. */
  private List<Segment> unnamed = List.of();

  private final SegmentTimes times;
  private final LogRetention retention;

  /** Why no cleaning is tried; null = it is. */
  private SetAsideLog setAside;

  /** Up to where (exclusive) retention may delete at the round's next step; -1 = it is not due. */
  private long retainBelow = -1;

  private volatile LogCompaction known;

  LogCleaning(LogState log, LogRetention retention) {
    this.log = log;
    this.retention = retention;
    times = new SegmentTimes(log);
    known = LogCompaction.unknown(log.id.topicPartition());
  }

  /** Whether a round runs. */
  boolean busy() {
    return pass != null;
  }

  /** Whether a segment's files can be found by their names; its batches can always be read. */
  boolean named(Segment segment) {
    return !unnamed.contains(segment);
  }

  /** How far the compaction is; from any thread. */
  LogCompaction view() {
    CleaningPass running = pass;
    return running == null ? known : known.with(running.progress());
  }

  /**
   * Has retention delete what may go, only offsets below {@code highWatermark}: at once, or while a
   * round writes segments anew, before it goes on with the next ones.
   */
  void retain(long highWatermark, long nowMs) {
    if (pass == null || pass.mapping()) {
      retention.run(highWatermark, nowMs);
    } else {
      retainBelow = highWatermark;
      pass.expectEnd(true);
    }
  }

  /**
   * How dirty the log is.
   *
   * @return null = it is not to be cleaned now
   */
  DirtyPart judge() {
    long nowMs = log.clock.wallMs();
    boolean never = !log.config.compacts() || log.failure != null || log.gone;
    if (never || busy() || stopped != null || log.segments.count() < 2) {
      known = never ? LogCompaction.unknown(log.id.topicPartition()) : known;
      log.cleaningDueMs = Long.MAX_VALUE;
      return null;
    }
    if (setAside != null && !setAside.stands(log.segments)) {
      LOG.info("{} is compacted again: what it was set aside for is gone", log.id);
      setAside = null;
    }
    long end = Math.min(log.listener.stableEnd(), log.recoveryPoint);
    DirtyPart dirty =
        DirtyPart.of(
            facts(),
            log.directory.checkpoints().cleanerOffset(log.id.topicPartition()),
            log.logStartOffset,
            log.visibleEnd,
            end,
            log.config.compaction(),
            nowMs);
    publish(dirty);
    if (setAside != null) {
      log.cleaningDueMs = Long.MAX_VALUE;
      return null;
    }
    if (dirty.unknownTimes()) {
      times.learn();
    }
    if (dirty.due()) {
      log.cleaningDueMs = 0;
      return dirty;
    }
    // Nobody tells when a closed segment is sealed or committed: it is looked at again.
    boolean more = end < log.segments.active().baseOffset();
    log.cleaningDueMs = dirty.unknownTimes() || more ? nowMs : dirty.lookAgainMs();
    return null;
  }

  private void publish(DirtyPart dirty) {
    known =
        new LogCompaction(
            known.partition(),
            dirty.ratio(),
            dirty.cleanBytes(),
            dirty.dirtyBytes(),
            dirty.firstDirty(),
            dirty.overdueMs(),
            known.lastCleanedMs(),
            null,
            setAside == null ? null : setAside.why());
  }

  private List<SegmentFacts> facts() {
    int closed = log.segments.count() - 1;
    List<SegmentFacts> facts = new ArrayList<>(closed);
    for (int slot = 0; slot < closed; slot++) {
      Segment segment = log.segments.get(slot);
      long next = log.segments.get(slot + 1).baseOffset();
      boolean empty = segment.size() == 0;
      facts.add(
          new SegmentFacts(
              segment.baseOffset(),
              next,
              segment.size(),
              empty ? Long.MAX_VALUE : segment.firstTimestamp(),
              empty ? 0 : segment.maxTimestamp()));
    }
    return facts;
  }

  /**
   * Runs a round if the log is dirty enough. Complete when its files are in place and the
   * checkpoint is durable. Never fails: what goes wrong is dealt with here.
   *
   * @return whether something was cleaned
   */
  Future<Boolean> clean(CleanerResources resources) {
    DirtyPart dirty = judge();
    if (dirty == null) {
      return Future.succeededFuture(false);
    }
    CleaningPass running = new CleaningPass(plan(dirty), resources);
    pass = running;
    LogWorker worker = log.directory.worker();
    return Future.<Void>succeededFuture()
        .compose(
            any ->
                worker.run(
                    Lane.CLEAN,
                    log.owner,
                    () -> {
                      log.directory
                          .checkpoints()
                          .saveRecoveryPoint(log.id.topicPartition(), dirty.end());
                      FaultPoint.CLEAN_RECOVERY_POINT_SAVED.reached();
                      return running.prepare();
                    }))
        .compose(groups -> next(running, 0, groups))
        .transform(done -> onDone(running, resources, done));
  }

  private CleaningPlan plan(DirtyPart dirty) {
    List<SegmentIndexes.Source> sources = new ArrayList<>(dirty.segments());
    for (int slot = 0; slot < dirty.segments(); slot++) {
      Segment segment = log.segments.get(slot);
      long next = log.segments.get(slot + 1).baseOffset();
      sources.add(
          new SegmentIndexes.Source(segment.file(), segment.baseOffset(), next, segment.size()));
    }
    LastRecords lastRecords = new LastRecords();
    log.producers.forEach(
        producer -> {
          int batches = producer.batches();
          long last = batches == 0 ? -1 : producer.lastOffset(batches - 1);
          lastRecords.add(producer.producerId, last, producer.epoch());
        });
    return new CleaningPlan(
        log.directory,
        log.path,
        List.copyOf(sources),
        dirty,
        lastRecords,
        log.config,
        log.clock.wallMs());
  }

  /** Cleans the groups from this one on; the result says whether there was any. */
  private Future<Boolean> next(CleaningPass running, int from, int groups) {
    running.expectEnd(false);
    if (retainBelow >= 0) {
      retention.run(retainBelow, log.clock.wallMs());
      retainBelow = -1;
    }
    if (!log.segments.isEmpty()) {
      running.onDeletedBelow(log.segments.first().baseOffset());
    }
    int group = from;
    while (group < groups && running.segments(group) == 0) {
      group++;
    }
    if (group < groups) {
      int first = group;
      return log.directory
          .worker()
          .run(Lane.CLEAN, log.owner, () -> running.clean(first))
          .compose(step -> swap(running, step).map(step))
          .compose(step -> next(running, step.next(), groups));
    }
    if (groups == 0) {
      return Future.succeededFuture(false);
    }
    return log.directory
        .worker()
        .perform(
            Lane.CLEAN,
            log.owner,
            () -> {
              FaultPoint.CLEANER_OFFSET_SAVING.reached();
              log.directory
                  .checkpoints()
                  .saveCleanerOffset(log.id.topicPartition(), running.endOffset());
              FaultPoint.CLEANER_OFFSET_SAVED.reached();
            })
        .map(true);
  }

  /**
   * From here on readers find the compacted segments. Replies that still send from the others keep
   * their files; reads that were on their way to them find them gone and start again.
   */
  private Future<Void> swap(CleaningPass running, CleaningStep step) {
    if (step.done().isEmpty()) {
      return Future.succeededFuture();
    }
    if (log.failure != null || log.gone) {
      step.giveUp();
      return Future.failedFuture(new CancellationException("the log is gone"));
    }
    List<Segment> replaced = new ArrayList<>();
    for (CleaningStep.Group group : step.done()) {
      Segment segment = group.segment();
      int slot = log.segments.slotAtOrBelow(running.baseOffset(group.number()));
      replaced.addAll(log.segments.replace(slot, running.segments(group.number()), segment));
      log.transactions
          .aborted()
          .replace(segment.baseOffset(), segment.endOffset(), group.cleaned().aborted());
    }
    unnamed = step.segments();
    replaced.forEach(old -> old.file().doom());
    SegmentSwap swap = new SegmentSwap(log.io(), log.path, replaced, step.segments());
    // Indexes that are being made anew must not end up under the names of the new segments.
    return log.fileTasks
        .transform(any -> rename(swap))
        .onSuccess(
            any -> {
              unnamed = List.of();
              log.directory.removeSegments(swap.deleted(), log.config.fileDeleteDelayMs());
            })
        .onComplete(any -> step.release());
  }

  private Future<Void> rename(SegmentSwap swap) {
    LogDirectory directory = log.directory;
    return directory
        .worker()
        .run(
            Lane.CLEAN,
            log.owner,
            () -> {
              try {
                swap.run();
                return true;
              } catch (IOException e) {
                if (directory.failure() == null && directory.health().passes(e)) {
                  return false;
                }
                throw e;
              }
            })
        .compose(
            renamed -> {
              if (renamed) {
                return Future.succeededFuture();
              }
              if (ended || directory.closing()) {
                // This does not wait for space; the next start finishes the swap.
                return Future.failedFuture(new CancellationException("the log is being closed"));
              }
              Promise<Void> again = Promise.promise();
              directory
                  .worker()
                  .later(
                      SWAP_RETRY_MS,
                      Lane.CLEAN,
                      () -> log.owner.execute(() -> rename(swap).onComplete(again)));
              return again.future();
            });
  }

  private Future<Boolean> onDone(
      CleaningPass running, CleanerResources resources, AsyncResult<Boolean> done) {
    pass = null;
    log.cleaningDueMs = 0;
    boolean cleaned = done.succeeded() && done.result();
    retainBelow = -1;
    if (cleaned) {
      known = known.cleanedAt(log.clock.wallMs());
      resources.figures().onRound(running.figures(log.clock.wallMs()));
      LOG.debug("{} is compacted up to offset {}", log.id, running.endOffset());
    } else if (done.succeeded()) {
      // A transaction that is open where the dirty part begins: its end comes with later segments,
      // unless that part was deleted meanwhile.
      boolean deleted = log.logStartOffset > running.plan().dirty().firstDirty();
      log.cleaningDueMs = deleted ? 0 : Long.MAX_VALUE;
    } else {
      onFailed(running, resources, done.cause());
    }
    running.release(resources.config());
    if (stopped != null) {
      onStopped();
    }
    return Future.succeededFuture(cleaned);
  }

  private void onFailed(CleaningPass running, CleanerResources resources, Throwable cause) {
    if (cause instanceof CancellationException
        || log.gone
        || log.failure != null
        || log.directory.closing()) {
      return;
    }
    if (isDamage(cause)) {
      setAside = new SetAsideLog(running.suspects(), log.clock.wallMs(), cause);
      resources.figures().onUncleanable();
      LOG.error("{} cannot be compacted and is left as it is", log.id, cause);
      return;
    }
    log.cleaningDueMs = log.clock.wallMs() + RETRY_MS;
    if (cause instanceof IOException) {
      log.onTaskFailed("Compacting " + log.id, cause);
    } else {
      LOG.error("{} could not be compacted; it is tried again later", log.id, cause);
    }
  }

  /** Whether this log's files are wrong (or the cleaner is), not the disk or the memory. */
  private static boolean isDamage(Throwable cause) {
    return cause instanceof CorruptSegmentException
        || cause instanceof CorruptIndexException
        || cause instanceof EOFException
        || cause instanceof NoSuchFileException
        || cause instanceof AccessDeniedException
        || cause instanceof RuntimeException;
  }

  /**
   * Completes when no round runs; none is begun until {@link #resume}. Waits for space if compacted
   * segments need some to get their names: who stops looks for files by names. Fails if they cannot
   * get them in this process any more.
   */
  Future<Void> stop() {
    if (stopped == null) {
      stopped = Promise.promise();
    }
    if (pass == null) {
      onStopped();
    } else {
      pass.cancel();
    }
    return stopped.future();
  }

  private void onStopped() {
    if (unnamed.isEmpty()) {
      stopped.tryComplete();
    } else {
      stopped.tryFail(new CancellationException("compacted segments have no names"));
    }
  }

  /**
   * The log is closed or deleted: completes when no round runs, and none is begun any more. What is
   * left of a swap is for the next start.
   */
  Future<Void> end() {
    ended = true;
    return stop().otherwiseEmpty();
  }

  /** Something that could not be read can be. */
  void onRepaired() {
    setAside = null;
    log.lookForDirt();
  }

  /** Goes on after {@link #stop}, unless it has ended; the segments may be others now. */
  void resume() {
    if (ended) {
      return;
    }
    stopped = null;
    setAside = null;
    log.lookForDirt();
  }
}
