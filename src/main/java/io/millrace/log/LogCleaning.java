package io.millrace.log;

import io.millrace.fault.FaultPoint;
import io.millrace.log.LogWorker.Lane;
import io.millrace.log.clean.DirtyPart;
import io.millrace.log.clean.LastRecords;
import io.millrace.log.clean.SegmentFacts;
import io.millrace.record.RecordBatch;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;
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
 * <p>While a round runs, no other task may rename or remove the files of closed segments: retention
 * waits for its end, and truncation, closing and deletion {@link #stop} it.
 *
 * <p>Owner: partition loop.
 */
final class LogCleaning {
  private static final Logger LOG = LoggerFactory.getLogger(LogCleaning.class);

  /** Until a round that found the disk full or too little memory is tried again. */
  private static final long RETRY_MS = 30_000;

  private static final long SWAP_RETRY_MS = 1_000;

  private record Times(Segment segment, long first, long max) {}

  private final LogState log;

  /** The round that runs; null = none does. */
  private CleaningPass pass;

  /** No round is begun; null = the log goes on. */
  private Promise<Void> stopped;

  private boolean learning;

  /** Something in the log cannot be read; only a truncation or a restart changes that. */
  private boolean uncleanable;

  private volatile double dirtyRatio;

  LogCleaning(LogState log) {
    this.log = log;
  }

  /** Whether a round runs, so that closed segments must stay as they are. */
  boolean busy() {
    return pass != null;
  }

  /** Share of the log below the end of the dirty part that is dirty; from any thread. */
  double dirtyRatio() {
    return dirtyRatio;
  }

  /**
   * How dirty the log is.
   *
   * @return null = it is not to be cleaned now
   */
  DirtyPart judge() {
    long nowMs = log.clock.wallMs();
    boolean never = !log.config.compacts() || uncleanable || log.failure != null || log.gone;
    if (never || busy() || stopped != null || log.segments.count() < 2) {
      dirtyRatio = never ? 0 : dirtyRatio;
      log.cleaningDueMs = Long.MAX_VALUE;
      return null;
    }
    DirtyPart dirty =
        DirtyPart.of(
            facts(),
            log.directory.checkpoints().cleanerOffset(log.id.topicPartition()),
            log.logStartOffset,
            log.visibleEnd,
            Math.min(log.listener.stableEnd(), log.recoveryPoint),
            log.config.compaction(),
            nowMs);
    dirtyRatio = dirty.ratio();
    if (dirty.unknownTimes()) {
      learnTimes();
    }
    if (dirty.due()) {
      log.cleaningDueMs = 0;
      return dirty;
    }
    log.cleaningDueMs = dirty.unknownTimes() ? nowMs : dirty.lookAgainMs();
    return null;
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

  /** Reads the timestamps that are only on the disk; the next look knows them. */
  private void learnTimes() {
    if (learning) {
      return;
    }
    learning = true;
    List<Segment> unknown = new ArrayList<>();
    List<SegmentIndexes.Source> sources = new ArrayList<>();
    for (int slot = 0; slot + 1 < log.segments.count(); slot++) {
      Segment segment = log.segments.get(slot);
      if (segment.size() > 0 && (segment.firstTimestamp() < 0 || segment.maxTimestamp() < 0)) {
        unknown.add(segment);
        sources.add(SegmentIndexes.Source.of(segment));
      }
    }
    FileIo io = log.io();
    int intervalBytes = log.config.indexIntervalBytes();
    log.directory
        .worker()
        .run(
            Lane.CARE,
            log.owner,
            () -> {
              List<Times> times = new ArrayList<>();
              for (int i = 0; i < unknown.size(); i++) {
                long max = LogRetention.maxTimestamp(io, sources.get(i), intervalBytes);
                times.add(new Times(unknown.get(i), firstTimestamp(sources.get(i)), max));
              }
              return times;
            })
        .onComplete(
            done -> {
              learning = false;
              if (done.succeeded()) {
                done.result().forEach(one -> one.segment.learnFirstTimestamp(one.first));
                done.result().forEach(one -> one.segment.learnMaxTimestamp(one.max));
              } else if (sources.stream().noneMatch(source -> source.file().doomed())) {
                log.onTaskFailed("Reading timestamps of " + log.id, done.cause());
              }
            });
  }

  private static long firstTimestamp(SegmentIndexes.Source source) throws IOException {
    FileChannel channel = source.file().acquire();
    try {
      BatchScanner batches = new BatchScanner(channel, 0, source.size());
      long first = batches.next() ? batches.maxTimestamp() : RecordBatch.NO_TIMESTAMP;
      return first < 0 ? Long.MAX_VALUE : first;
    } finally {
      source.file().release();
    }
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

  private CleaningPass.Plan plan(DirtyPart dirty) {
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
    return new CleaningPass.Plan(
        log.directory,
        log.path,
        List.copyOf(sources),
        dirty,
        lastRecords,
        log.config,
        log.clock.wallMs());
  }

  /** Cleans the groups from this one on; the result says whether there was any. */
  private Future<Boolean> next(CleaningPass running, int group, int groups) {
    if (group < groups) {
      return log.directory
          .worker()
          .run(Lane.CLEAN, log.owner, () -> running.clean(group))
          .compose(
              cleaned -> cleaned == null ? Future.succeededFuture() : swap(running, group, cleaned))
          .compose(any -> next(running, group + 1, groups));
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
   * From here on readers find the compacted segment. Replies that still send from the others keep
   * their files; reads that were on their way to them find them gone and start again.
   */
  private Future<Void> swap(CleaningPass running, int group, CleanedSegment cleaned) {
    Segment segment = cleaned.segment();
    if (log.failure != null || log.gone) {
      segment.file().release();
      segment.file().doom();
      return Future.failedFuture(new CancellationException("the log is gone"));
    }
    int slot = log.segments.slotAtOrBelow(running.baseOffset(group));
    List<Segment> replaced = log.segments.replace(slot, running.segments(group), segment);
    log.transactions
        .aborted()
        .replace(segment.baseOffset(), segment.endOffset(), cleaned.aborted());
    replaced.forEach(old -> old.file().doom());
    SegmentSwap swap = new SegmentSwap(log.io(), log.path, replaced, segment);
    return rename(swap)
        .onSuccess(
            any -> {
              LogDirectory directory = log.directory;
              directory
                  .worker()
                  .later(
                      log.config.fileDeleteDelayMs(),
                      Lane.CARE,
                      () -> directory.removeFiles(swap.deleted()));
            })
        .onComplete(any -> segment.file().release());
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
                if (directory.failure() == null && directory.passes(e)) {
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
              if (stopped != null) {
                // A stop does not wait for space; the next start finishes the swap.
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
    if (cleaned) {
      resources.onRun(running.readBytes(), running.writtenBytes());
      LOG.debug("{} is compacted up to offset {}", log.id, running.endOffset());
    } else if (done.succeeded()) {
      // A transaction that is open where the dirty part begins: its end comes with later segments.
      log.cleaningDueMs = Long.MAX_VALUE;
    } else {
      onFailed(resources, done.cause());
    }
    if (stopped != null) {
      stopped.tryComplete();
    }
    return Future.succeededFuture(cleaned);
  }

  private void onFailed(CleanerResources resources, Throwable cause) {
    if (cause instanceof CancellationException
        || log.gone
        || log.failure != null
        || log.directory.closing()) {
      return;
    }
    if (isDamage(cause)) {
      uncleanable = true;
      resources.onUncleanable();
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

  /** Whether it is the content that is wrong (or the cleaner), not the disk or the memory. */
  private static boolean isDamage(Throwable cause) {
    return cause instanceof CorruptSegmentException
        || cause instanceof CorruptIndexException
        || cause instanceof EOFException
        || cause instanceof RuntimeException;
  }

  /** Completes when no round runs; none is begun until {@link #resume}. */
  Future<Void> stop() {
    if (stopped == null) {
      stopped = Promise.promise();
    }
    if (pass == null) {
      stopped.tryComplete();
    } else {
      pass.cancel();
    }
    return stopped.future();
  }

  /** Something that could not be read can be. */
  void onRepaired() {
    uncleanable = false;
    log.lookForDirt();
  }

  /** Goes on after {@link #stop}; the segments may be others now. */
  void resume() {
    stopped = null;
    uncleanable = false;
    log.lookForDirt();
  }
}
