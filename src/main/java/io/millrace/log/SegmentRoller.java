package io.millrace.log;

import io.millrace.record.RecordBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Decides which batch starts a new segment.
 *
 * <p>Owner: partition loop.
 */
final class SegmentRoller {
  private final LogState log;
  private final SegmentSealer sealer;

  /** By how much the active segment is rolled earlier than segment.ms says. */
  private long jitterMs;

  SegmentRoller(LogState log, SegmentSealer sealer) {
    this.log = log;
    this.sealer = sealer;
    drawJitter();
  }

  private void drawJitter() {
    long most = Math.min(log.config.segmentJitterMs(), log.config.maxSegmentMs());
    jitterMs = most == 0 ? 0 : ThreadLocalRandom.current().nextLong(most);
  }

  /** Whether all these batches go to this segment. */
  boolean fit(Segment active, Queue<QueuedBatch> batches) {
    int size = active.size();
    long firstTimestamp = active.firstTimestamp();
    long nowMs = -1;
    for (QueuedBatch batch : batches) {
      if (nowMs < 0 && firstTimestamp == RecordBatch.NO_TIMESTAMP) {
        nowMs = log.clock.wallMs();
      }
      if (due(active, size, firstTimestamp, batch, nowMs)) {
        return false;
      }
      if (size == 0) {
        firstTimestamp = batch.maxTimestamp();
      }
      size += batch.sizeInBytes();
    }
    return true;
  }

  /** Kafka's rule for a segment that would have this size when the batch comes. */
  private boolean due(
      Segment segment, int size, long firstTimestamp, QueuedBatch batch, long nowMs) {
    if (size == 0) {
      return !OffsetIndex.fits(segment.baseOffset(), batch.lastOffset());
    }
    return size > log.config.segmentBytes() - batch.sizeInBytes()
        || !OffsetIndex.fits(segment.baseOffset(), batch.lastOffset())
        || indexFull(segment)
        || old(segment, firstTimestamp, batch.maxTimestamp(), nowMs);
  }

  private boolean indexFull(Segment segment) {
    return segment.indexesLoaded()
        && (segment.offsetIndex().entries() + 1L) * OffsetIndex.ENTRY_BYTES
            > log.config.segmentIndexBytes();
  }

  private boolean old(Segment segment, long firstTimestamp, long timestamp, long nowMs) {
    long ageMs =
        firstTimestamp == RecordBatch.NO_TIMESTAMP
            ? nowMs - segment.createdMs()
            : timestamp - firstTimestamp;
    return ageMs > log.config.maxSegmentMs() - jitterMs;
  }

  /** Shares the batches out to the active segment and to new ones. */
  WriteTask plan(Segment active, List<QueuedBatch> batches, long nowMs) {
    List<WriteTask.Run> runs = new ArrayList<>(1);
    WriteTask.Run run = null;
    int size = 0;
    long firstTimestamp = RecordBatch.NO_TIMESTAMP;
    if (active != null) {
      run = new WriteTask.Run(active, false);
      runs.add(run);
      size = active.size();
      firstTimestamp = active.firstTimestamp();
    }
    for (QueuedBatch batch : batches) {
      if (run == null || due(run.segment(), size, firstTimestamp, batch, nowMs)) {
        run = new WriteTask.Run(newSegment(batch.baseOffset(), nowMs), true);
        runs.add(run);
        size = 0;
      }
      if (size == 0) {
        firstTimestamp = batch.maxTimestamp();
      }
      run.batches().add(batch);
      size += batch.sizeInBytes();
    }
    return new WriteTask(log.directory, log.config.indexIntervalBytes(), runs);
  }

  private Segment newSegment(long baseOffset, long nowMs) {
    Path path = SegmentNames.file(log.path, baseOffset, SegmentNames.LOG);
    return Segment.empty(baseOffset, new SegmentFile(log.directory.channels(), path), nowMs);
  }

  /** A task that only starts a new segment, at the end of the log. */
  WriteTask planRoll(long nowMs) {
    return new WriteTask(
        log.directory,
        log.config.indexIntervalBytes(),
        List.of(new WriteTask.Run(newSegment(log.nextOffset, nowMs), true)));
  }

  /** The file of a new active segment is there. */
  void onNewSegment(Segment segment) {
    Segment closed = log.segments.active();
    log.segments.add(segment);
    drawJitter();
    if (closed != null) {
      sealer.onClosed(closed, segment.baseOffset());
      log.lookForDirt();
    }
  }
}
