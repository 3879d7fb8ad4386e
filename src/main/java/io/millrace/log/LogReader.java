package io.millrace.log;

import io.millrace.log.LogWorker.Lane;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the bytes to send for a fetch; none of them is touched on the loop.
 *
 * <p>The recent batches of the active segment are known one by one ({@link TailIndex}), so near the
 * end of the log the answer is a matter of two binary searches. Anything else is located by one
 * task on the worker: it starts at the index entry below the offset, reads batch headers up to the
 * exact batch, and brings the range into the page cache, so that the slice that comes out of it can
 * be sent from a loop. Both ways cut the answer at the end of a batch.
 *
 * <p>Owner: partition loop.
 */
final class LogReader {
  private static final Logger LOG = LoggerFactory.getLogger(LogReader.class);

  private static final long IDLE_MS = 300_000;

  /** With entries further apart the loop would have too many headers to read. */
  private static final int MOST_BYTES_TO_SCAN = 64 << 10;

  private final LogState log;

  LogReader(LogState log) {
    this.log = log;
  }

  ReadResult read(long offset, long endOffset, int maxBytes, boolean minOneBatch) {
    if (offset < log.logStartOffset || offset > log.visibleEnd) {
      return ReadResult.OutOfRange.INSTANCE;
    }
    long end = Math.min(endOffset, log.visibleEnd);
    if (offset >= end || log.failure != null) {
      return ReadResult.Empty.INSTANCE;
    }
    int slot = log.segments.slotAtOrBelow(offset);
    // After the last batch of a compacted segment comes the first one of the next.
    while (slot < 0 || (log.segments.get(slot).endOffset() <= offset && hasNext(slot))) {
      slot++;
    }
    Segment segment = log.segments.get(slot);
    TailIndex tail = segment.tail();
    if (tail != null) {
      int first = tail.slotAtOrBelow(offset - segment.baseOffset());
      if (first >= 0
          && (segment == log.segments.active() || resident(segment, tail.position(first)))) {
        FileChannel channel = segment.file().tryAcquire();
        if (channel != null) {
          return fromTail(segment, tail, first, channel, end, maxBytes, minOneBatch);
        }
      }
    }
    LocateTask task =
        new LocateTask(
            log.directory, SegmentIndexes.Source.of(segment), offset, end, maxBytes, minOneBatch);
    if (segment.indexesLoaded()) {
      task.lookUp(segment.offsetIndex());
      if (resident(segment, task.startFrom())) {
        FileChannel channel = segment.file().tryAcquire();
        if (channel != null) {
          return fromPageCache(segment, task, channel);
        }
      }
    }
    return new ReadResult.Later(fromFile(segment, task));
  }

  /** Whether what follows this position may be looked at on the loop. */
  private boolean resident(Segment segment, int position) {
    return log.config.indexIntervalBytes() <= MOST_BYTES_TO_SCAN
        && log.directory.residency().covers(segment.writtenAt(position));
  }

  private ReadResult fromPageCache(Segment segment, LocateTask task, FileChannel channel) {
    long started = log.clock.nanos();
    try {
      ReadResult result = task.runResident(channel);
      log.directory.onReadTook(log.clock.nanos() - started);
      return result != null ? result : readOn(segment.endOffset(), task);
    } catch (IOException e) {
      return new ReadResult.Later(onReadFailed(segment, e));
    }
  }

  /** The same read in the next segment. */
  private ReadResult readOn(long offset, LocateTask task) {
    return read(offset, task.end(), task.maxBytes(), task.minOneBatch());
  }

  /** Frees what readers have not needed of late. */
  void trim(long nowMs, SegmentSealer sealer) {
    for (Segment segment : log.segments.all()) {
      if (segment.tail() != null && nowMs - segment.lastAppendMs() > IDLE_MS) {
        segment.dropTail();
      }
      if (segment != log.segments.active() && !resident(segment, 0) && !sealer.pending(segment)) {
        segment.unloadIndexes();
      }
    }
  }

  private boolean hasNext(int slot) {
    return slot + 1 < log.segments.count();
  }

  private ReadResult fromTail(
      Segment segment,
      TailIndex tail,
      int first,
      FileChannel channel,
      long end,
      int maxBytes,
      boolean minOneBatch) {
    int start = tail.position(first);
    long limit = Math.min(endPosition(segment, tail, end), (long) start + maxBytes);
    int cut = cutAtOrBelow(segment, tail, limit);
    int length = cut - start;
    if (length <= 0 && minOneBatch) {
      int whole = first + 1 < tail.size() ? tail.position(first + 1) : segment.size();
      length = whole <= endPosition(segment, tail, end) ? whole - start : 0;
    }
    if (length <= 0) {
      segment.file().release();
      return ReadResult.Empty.INSTANCE;
    }
    long next =
        start + length < segment.size()
            ? segment.baseOffset()
                + tail.relativeOffset(tail.slotAtOrBelowPosition((long) start + length))
            : segment.endOffset();
    return new ReadResult.Data(
        new LogFileSlice(log.directory, segment.file(), channel, start, length),
        Math.min(next, end));
  }

  /** Where the first batch starts that does not end at or below {@code end}. */
  private static int endPosition(Segment segment, TailIndex tail, long end) {
    if (end >= segment.endOffset()) {
      return segment.size();
    }
    int slot = tail.slotAtOrBelow(end - segment.baseOffset());
    return slot < 0 ? 0 : tail.position(slot);
  }

  /** The last end of a batch at or below the position. */
  private static int cutAtOrBelow(Segment segment, TailIndex tail, long position) {
    if (position >= segment.size()) {
      return segment.size();
    }
    int slot = tail.slotAtOrBelowPosition(position);
    return slot < 0 ? 0 : tail.position(slot);
  }

  private Future<ReadResult> fromFile(Segment segment, LocateTask task) {
    int intervalBytes = log.config.indexIntervalBytes();
    return log.directory
        .worker()
        .run(Lane.READ, log.owner, () -> task.run(intervalBytes))
        .transform(done -> onLocated(segment, task, done));
  }

  private Future<ReadResult> onLocated(
      Segment segment, LocateTask task, AsyncResult<ReadResult> done) {
    if (task.loaded() != null) {
      segment.install(task.loaded());
    }
    if (done.succeeded() && done.result() != null) {
      return Future.succeededFuture(done.result());
    }
    boolean deleted = done.cause() instanceof ClosedChannelException && !log.gone;
    if (deleted && log.relocating != null) {
      return log.relocating.transform(any -> readAgain(segment, task, true));
    }
    if (done.succeeded() || deleted) {
      return readAgain(segment, task, deleted);
    }
    return onReadFailed(segment, done.cause());
  }

  private Future<ReadResult> readAgain(Segment segment, LocateTask task, boolean deleted) {
    // Behind the last batch of a compacted segment, or in a segment that was deleted meanwhile.
    ReadResult again = readOn(deleted ? task.offset() : segment.endOffset(), task);
    return again instanceof ReadResult.Later later ? later.result() : Future.succeededFuture(again);
  }

  private Future<ReadResult> onReadFailed(Segment segment, Throwable cause) {
    if (cause instanceof CorruptSegmentException) {
      LOG.error("{} cannot be read: {}", segment, cause.getMessage());
    } else {
      log.onTaskFailed("Reading " + segment, cause);
    }
    return Future.failedFuture(cause);
  }
}
