package io.millrace.log;

import io.millrace.fault.FaultPoint;
import io.millrace.log.LogWorker.Lane;
import io.millrace.record.RecordBatch;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes whole segments from the start of the log: those below the log start, too old, or too
 * much. Files are renamed to {@code .deleted} on the worker and removed after {@code
 * file.delete.delay.ms}; replies that still send from them keep them open.
 *
 * <p>Owner: partition loop.
 */
final class LogRetention {
  private static final Logger LOG = LoggerFactory.getLogger(LogRetention.class);

  private final LogState log;
  private final SegmentSealer sealer;
  private final LogWriter writer;
  private boolean learning;

  LogRetention(LogState log, SegmentSealer sealer, LogWriter writer) {
    this.log = log;
    this.sealer = sealer;
    this.writer = writer;
  }

  /** Deletes what may go; only offsets below {@code highWatermark}. */
  void run(long highWatermark, long nowMs) {
    if (log.segments.isEmpty() || log.failure != null) {
      return;
    }
    log.fromTheFuture &= log.config.deletes() && log.config.retentionMs() >= 0;
    int count = deletable(highWatermark, nowMs);
    if (count == log.segments.count()) {
      // The log needs a segment for its end; the old one goes the next time.
      count--;
      if (log.segments.active().size() > 0) {
        writer.roll();
      }
    }
    if (count > 0) {
      delete(count);
    }
  }

  private int deletable(long highWatermark, long nowMs) {
    long excess =
        log.config.deletes() && log.config.retentionBytes() >= 0
            ? log.segments.sizeInBytes() - log.config.retentionBytes()
            : -1;
    int count = 0;
    int seen = 0;
    for (Segment segment : log.segments.all()) {
      long next = next(seen);
      if (next > highWatermark || sealer.pending(segment)) {
        break;
      }
      boolean goes =
          next <= log.logStartOffset
              || (segment.size() > 0 && excess >= segment.size())
              || expired(segment, nowMs);
      // What compaction has emptied goes together with what follows.
      boolean emptied = segment.size() == 0 && segment != log.segments.active();
      if (!goes && !emptied) {
        break;
      }
      excess -= segment.size();
      seen++;
      count = goes ? seen : count;
    }
    return count;
  }

  /** Where the segment after the one in this slot starts, or would. */
  private long next(int slot) {
    return slot + 1 < log.segments.count()
        ? log.segments.get(slot + 1).baseOffset()
        : log.writtenEnd;
  }

  private boolean expired(Segment segment, long nowMs) {
    if (!log.config.deletes() || log.config.retentionMs() < 0 || segment.size() == 0) {
      return false;
    }
    if (segment.maxTimestamp() == RecordBatch.NO_TIMESTAMP) {
      learnMaxTimestamp(segment);
      return false;
    }
    onTime(segment, nowMs);
    return nowMs - segment.maxTimestamp() > log.config.retentionMs();
  }

  /**
   * A record of the future, from a wrong clock here or at a producer, keeps its segment and all
   * behind it until its time is over, as in Kafka; somebody must hear of it before the disk is
   * full.
   */
  private void onTime(Segment segment, long nowMs) {
    boolean future = segment.maxTimestamp() > nowMs;
    if (future && !log.fromTheFuture) {
      LOG.warn(
          "{} of {} has a record with a timestamp in the future, {}: the segment and those behind"
              + " it are not deleted by retention.ms={} until that time is over",
          segment,
          log.id,
          Instant.ofEpochMilli(segment.maxTimestamp()),
          log.config.retentionMs());
    }
    log.fromTheFuture = future;
  }

  /** Looks the largest timestamp up on the disk; without one, the file's own time counts. */
  private void learnMaxTimestamp(Segment segment) {
    if (learning) {
      return;
    }
    learning = true;
    FileIo io = log.io();
    SegmentIndexes.Source source = SegmentIndexes.Source.of(segment);
    SegmentFile file = segment.file();
    int intervalBytes = log.config.indexIntervalBytes();
    log.directory
        .worker()
        .run(Lane.CARE, log.owner, () -> maxTimestamp(io, source, intervalBytes))
        .onComplete(
            done -> {
              learning = false;
              if (done.succeeded()) {
                segment.learnMaxTimestamp(done.result());
              } else if (!file.doomed()) {
                log.onTaskFailed("Reading the time index of " + segment, done.cause());
              }
            });
  }

  /** The largest timestamp of a closed segment, or when it was written. For workers. */
  static long maxTimestamp(FileIo io, SegmentIndexes.Source source, int intervalBytes)
      throws IOException {
    long max = RecordBatch.NO_TIMESTAMP;
    try {
      max = TimeIndex.readLast(io, source.timeIndex(), source.baseOffset()).timestamp();
    } catch (NoSuchFileException | CorruptIndexException e) {
      max = SegmentIndexes.load(io, source, intervalBytes).maxTimestamp();
    }
    return max == RecordBatch.NO_TIMESTAMP
        ? Files.getLastModifiedTime(source.file().path()).toMillis()
        : max;
  }

  private void delete(int count) {
    List<Segment> deleted = log.segments.removeFirst(count);
    deleted.forEach(segment -> segment.file().doom());
    long start = Math.max(log.logStartOffset, log.segments.first().baseOffset());
    boolean moved = start > log.logStartOffset;
    log.logStartOffset = start;
    log.epochs.truncateFromStart(start);
    log.transactions.aborted().removeBelow(start);
    remove(deleted);
    if (moved) {
      log.listener.onLogStartOffset(start);
    }
  }

  /** Renames the files of segments that are no longer part of the log, and removes them later. */
  void remove(List<Segment> segments) {
    List<Path> files = new ArrayList<>(segments.size() * 4);
    for (Segment segment : segments) {
      for (String suffix :
          List.of(
              SegmentNames.LOG,
              SegmentNames.OFFSET_INDEX,
              SegmentNames.TIME_INDEX,
              SegmentNames.TRANSACTION_INDEX)) {
        files.add(SegmentNames.file(log.path, segment.baseOffset(), suffix));
      }
    }
    FileIo io = log.io();
    LogDirectory directory = log.directory;
    long delayMs = log.config.fileDeleteDelayMs();
    Future<Void> renaming =
        directory
            .worker()
            .perform(
                Lane.CARE, log.owner, () -> directory.removeSegments(rename(io, files), delayMs));
    renaming.onFailure(cause -> log.onTaskFailed("Deleting segments of " + log.id, cause));
    log.onFileTask(renaming);
  }

  private static List<Path> rename(FileIo io, List<Path> files) throws IOException {
    List<Path> renamed = new ArrayList<>(files.size());
    for (Path file : files) {
      Path target = Path.of(file + SegmentNames.DELETED);
      try {
        io.rename(file, target);
        renamed.add(target);
        FaultPoint.SEGMENT_RENAMED.reached();
      } catch (NoSuchFileException e) {
        // Not every segment has all files.
      }
    }
    return renamed;
  }
}
