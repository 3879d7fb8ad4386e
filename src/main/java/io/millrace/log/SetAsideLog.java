package io.millrace.log;

import io.millrace.log.clean.LogCompaction;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Why a log is not compacted any more: a cleaning found something in its segments that it cannot
 * work on. It is tried again when one of these segments is gone (deleted, cut or repaired), or
 * after a restart; in Kafka only after a restart.
 *
 * <p>Owner: partition loop.
 */
final class SetAsideLog {
  private final Set<SegmentFile> suspects;
  private final LogCompaction.SetAside why;

  /**
   * Sets a log aside.
   *
   * @param suspects the segment that was being read, or all of the round
   */
  SetAsideLog(List<SegmentIndexes.Source> suspects, long nowMs, Throwable cause) {
    this.suspects = new HashSet<>();
    suspects.forEach(source -> this.suspects.add(source.file()));
    String message = cause.getMessage();
    why =
        new LogCompaction.SetAside(
            nowMs, message == null ? cause.getClass().getSimpleName() : message);
  }

  LogCompaction.SetAside why() {
    return why;
  }

  /** Whether all that it was set aside for is still in the log. */
  boolean stands(Segments segments) {
    int found = 0;
    for (Segment segment : segments.all()) {
      if (suspects.contains(segment.file())) {
        found++;
      }
    }
    return found == suspects.size();
  }
}
