package io.millrace.log;

import io.millrace.log.LogWorker.Lane;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/**
 * The scrub of one log, as far as its owner has a say: which segments are closed, and when bytes of
 * them may be written anew. A repair is written in place: only bytes that were bad change, so that
 * whatever a crash leaves of it is found again.
 *
 * <p>Owner: partition loop; {@link #next}, {@link #repair} and {@link #rebuildIndexes} are for any
 * thread and hop to it.
 */
final class LogScrubbing {
  private final LogState log;
  private final SegmentSealer sealer;
  private final LogCleaning cleaning;

  LogScrubbing(LogState log, SegmentSealer sealer, LogCleaning cleaning) {
    this.log = log;
    this.sealer = sealer;
    this.cleaning = cleaning;
  }

  /**
   * What there is to read.
   *
   * @param here whether the log is open in the directory that asks
   * @param segment null = there is none
   */
  record Next(boolean here, SegmentScrub.Target segment) {}

  /**
   * Tells on the owner's loop the first closed segment with offsets from {@code offset} on.
   *
   * @param directory that asks; the log may have moved away from it
   */
  void next(LogDirectory directory, long offset, Consumer<Next> answer) {
    log.owner.execute(
        () -> {
          boolean here = log.directory == directory && !log.gone && log.failure == null;
          answer.accept(new Next(here, here ? closedFrom(offset) : null));
        });
  }

  /** null = there is none. */
  private SegmentScrub.Target closedFrom(long offset) {
    long from = Math.max(offset, log.logStartOffset);
    for (int slot = 0; slot + 1 < log.segments.count(); slot++) {
      Segment segment = log.segments.get(slot);
      long end = log.segments.get(slot + 1).baseOffset();
      if (end > from && segment.size() > 0 && !sealer.pending(segment) && cleaning.named(segment)) {
        return new SegmentScrub.Target(
            new SegmentIndexes.Source(segment.file(), segment.baseOffset(), end, segment.size()),
            log.epochs.entries());
      }
    }
    return null;
  }

  /** Whether batches may be missing in this log or in that of another replica. From any thread. */
  boolean compacted() {
    return log.config.compacts()
        || log.directory.checkpoints().cleanerOffset(log.id.topicPartition()) >= 0;
  }

  /**
   * Writes these bytes over the bad ones; durable when complete. Fails with a CancellationException
   * if the segment is no longer part of the log.
   */
  Future<Void> repair(SegmentScrub.Target target, long position, ByteBuffer bytes) {
    return onOwner(
        target,
        () -> {
          Future<Void> writing =
              log.directory
                  .worker()
                  .perform(Lane.CARE, log.owner, () -> write(target, position, bytes));
          log.onFileTask(writing);
          return writing
              .onSuccess(any -> cleaning.onRepaired())
              .onFailure(
                  cause -> {
                    if (cause instanceof IOException) {
                      log.onTaskFailed("Repairing " + target.source().file().path(), cause);
                    }
                  });
        });
  }

  private void write(SegmentScrub.Target target, long position, ByteBuffer bytes)
      throws IOException {
    SegmentFile file = target.source().file();
    FileChannel channel = file.acquireUnlessDoomed();
    if (channel == null) {
      throw new CancellationException("the segment is deleted");
    }
    try {
      log.io().writeFully(channel, bytes.duplicate(), position);
      log.io().force(channel, false);
    } finally {
      file.release();
    }
  }

  /** Makes the index files of a segment anew, whose batches are all good. */
  Future<Void> rebuildIndexes(SegmentScrub.Target target) {
    int intervalBytes = log.config.indexIntervalBytes();
    return onOwner(
        target,
        () -> {
          Future<SegmentIndexes> writing =
              log.directory
                  .worker()
                  .run(
                      Lane.CARE,
                      log.owner,
                      () -> SegmentIndexes.rebuild(log.io(), target.source(), intervalBytes));
          log.onFileTask(writing);
          return writing.map(
              rebuilt -> {
                Segment segment = segmentOf(target);
                if (segment != null) {
                  segment.unloadIndexes();
                  segment.install(rebuilt);
                }
                return null;
              });
        });
  }

  private interface Step {
    Future<Void> run();
  }

  private Future<Void> onOwner(SegmentScrub.Target target, Step step) {
    Promise<Void> promise = Promise.promise();
    log.owner.execute(
        () -> {
          if (segmentOf(target) == null || log.gone || log.failure != null) {
            promise.fail(new CancellationException("the segment is no longer part of the log"));
          } else {
            step.run().onComplete(promise);
          }
        });
    return promise.future();
  }

  /** null = it is no longer part of the log. */
  private Segment segmentOf(SegmentScrub.Target target) {
    int slot = log.segments.slotAtOrBelow(target.source().baseOffset());
    Segment segment = slot < 0 ? null : log.segments.get(slot);
    return segment != null && segment.file() == target.source().file() && !segment.file().doomed()
        ? segment
        : null;
  }
}
