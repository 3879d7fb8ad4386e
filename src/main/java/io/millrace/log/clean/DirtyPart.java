package io.millrace.log.clean;

import java.util.List;

/**
 * Which part of a log is dirty, whether it is to be cleaned now, and if not, when to look again;
 * Kafka's rules. Only whole closed segments are cleaned.
 *
 * @param firstDirty first offset that no cleaning has seen
 * @param end where the first segment starts that must not be cleaned
 * @param segments segments below {@code end}
 * @param cleanBytes bytes of segments below {@code end} that are clean
 * @param dirtyBytes bytes of the others below {@code end}
 * @param overdueMs for how long its oldest dirty record waits beyond {@code max.compaction.lag.ms};
 *     0 = none does
 * @param due whether it is to be cleaned now
 * @param lookAgainMs time at which the answer can be another though nothing was appended; {@link
 *     Long#MAX_VALUE} = never
 * @param unknownTimes whether the times of a segment must be read before the answer counts
 *     <p>Owner: immutable.
 */
public record DirtyPart(
    long firstDirty,
    long end,
    int segments,
    long cleanBytes,
    long dirtyBytes,
    long overdueMs,
    boolean due,
    long lookAgainMs,
    boolean unknownTimes) {

  /**
   * Judges a log.
   *
   * @param closed all segments but the active one, in order
   * @param checkpoint up to where (exclusive) the log was cleaned; -1 = never
   * @param stableEnd up to where (exclusive) records are committed, decided and durable
   */
  public static DirtyPart of(
      List<SegmentFacts> closed,
      long checkpoint,
      long logStartOffset,
      long logEndOffset,
      long stableEnd,
      CompactionConfig config,
      long nowMs) {
    // A checkpoint beyond the end speaks of records that a crash has lost: everything is dirty.
    long firstDirty =
        checkpoint < logStartOffset || checkpoint > logEndOffset ? logStartOffset : checkpoint;
    long lookAgain = Long.MAX_VALUE;
    long end = -1;
    long cleanBytes = 0;
    long dirtyBytes = 0;
    long earliest = Long.MAX_VALUE;
    int segments = 0;
    boolean unknown = false;
    for (SegmentFacts segment : closed) {
      boolean dirty = segment.endOffset() > firstDirty;
      if (segment.endOffset() > stableEnd) {
        lookAgain = nowMs;
        break;
      }
      if (dirty && config.minLagMs() > 0) {
        if (segment.maxTimestamp() < 0) {
          unknown = true;
          break;
        }
        if (segment.maxTimestamp() > nowMs - config.minLagMs()) {
          lookAgain = segment.maxTimestamp() + config.minLagMs();
          break;
        }
      }
      if (dirty && config.maxLagMs() < Long.MAX_VALUE) {
        if (segment.firstTimestamp() < 0) {
          unknown = true;
          break;
        }
        earliest = Math.min(earliest, segment.firstTimestamp());
      }
      cleanBytes += dirty ? 0 : segment.bytes();
      dirtyBytes += dirty ? segment.bytes() : 0;
      end = segment.endOffset();
      segments++;
    }
    double ratio = ratio(cleanBytes, dirtyBytes);
    long oldest = nowMs - config.maxLagMs();
    long overdueMs = dirtyBytes > 0 && earliest < oldest ? oldest - earliest : 0;
    boolean due = dirtyBytes > 0 && (overdueMs > 0 || ratio > config.minCleanableDirtyRatio());
    if (dirtyBytes > 0 && earliest < Long.MAX_VALUE - config.maxLagMs()) {
      lookAgain = Math.min(lookAgain, earliest + config.maxLagMs() + 1);
    }
    return new DirtyPart(
        firstDirty, end, segments, cleanBytes, dirtyBytes, overdueMs, due, lookAgain, unknown);
  }

  /** Dirty bytes of all bytes below {@code end}; 0 = nothing is dirty. */
  public double ratio() {
    return ratio(cleanBytes, dirtyBytes);
  }

  private static double ratio(long cleanBytes, long dirtyBytes) {
    return dirtyBytes == 0 ? 0 : (double) dirtyBytes / (cleanBytes + dirtyBytes);
  }
}
