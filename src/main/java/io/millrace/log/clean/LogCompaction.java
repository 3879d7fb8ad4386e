package io.millrace.log.clean;

import io.millrace.model.TopicPartition;

/**
 * How far the compaction of one log is, as its owner published it last.
 *
 * @param dirtyRatio dirty bytes of all bytes that could be cleaned, 0 to 1
 * @param cleanBytes bytes below the first dirty offset
 * @param dirtyBytes bytes of closed segments that could be cleaned and are not
 * @param firstDirtyOffset up to here (exclusive) the log is clean; -1 = not looked yet
 * @param overdueMs for how long a record waits beyond {@code max.compaction.lag.ms}; 0 = none does
 * @param lastCleanedMs wall time of the end of the last round that cleaned something; -1 = none
 *     since the start
 * @param running the round under way; null = none is
 * @param setAside why the log is left as it is; null = it is not
 *     <p>Owner: immutable.
 */
public record LogCompaction(
    TopicPartition partition,
    double dirtyRatio,
    long cleanBytes,
    long dirtyBytes,
    long firstDirtyOffset,
    long overdueMs,
    long lastCleanedMs,
    Running running,
    SetAside setAside) {
  /**
   * A round under way.
   *
   * @param sinceMs wall time
   * @param phase what it does
   * @param totalBytes to be read in all: the dirty part once, and then all to be cleaned
   * @param doneBytes of them
   */
  public record Running(long sinceMs, Phase phase, long totalBytes, long doneBytes) {}

  /** What a round does. */
  public enum Phase {
    /** It notes the keys of the dirty part. */
    MAPPING,
    /** It writes segments anew. */
    COPYING
  }

  /**
   * Why a log is left as it is.
   *
   * @param sinceMs wall time
   * @param reason for people
   */
  public record SetAside(long sinceMs, String reason) {}

  /** Of a log about which nothing is known yet. */
  public static LogCompaction unknown(TopicPartition partition) {
    return new LogCompaction(partition, 0, 0, 0, -1, 0, -1, null, null);
  }

  /** The same with a round under way. */
  public LogCompaction with(Running round) {
    return new LogCompaction(
        partition,
        dirtyRatio,
        cleanBytes,
        dirtyBytes,
        firstDirtyOffset,
        overdueMs,
        lastCleanedMs,
        round,
        setAside);
  }

  /** The same after a round that cleaned something; the rest is known at the next look. */
  public LogCompaction cleanedAt(long nowMs) {
    return new LogCompaction(
        partition,
        dirtyRatio,
        cleanBytes,
        dirtyBytes,
        firstDirtyOffset,
        overdueMs,
        nowMs,
        null,
        setAside);
  }
}
