package io.millrace.quorum.state;

import java.util.Map;
import java.util.TreeMap;

/**
 * Which term each record of the log has: the offsets where terms begin.
 *
 * <p>Invariant: terms grow with offsets.
 *
 * <p>Owner: quorum context.
 */
final class LogTerms {
  /** First offset of each term; the records below {@link #start} are not in it. */
  private final TreeMap<Long, Integer> begins = new TreeMap<>();

  private long start;
  private int termBeforeStart;

  LogTerms(SnapshotId start) {
    startAt(start.endOffset(), start.term());
  }

  /** The lowest end that {@link #before} knows. */
  long start() {
    return start;
  }

  /** Term of the last record below {@code end}; 0 = there is none. */
  int before(long end) {
    if (end < start) {
      throw new IllegalArgumentException("The log starts at " + start + ", not before " + end);
    }
    Map.Entry<Long, Integer> begin = end == start ? null : begins.lowerEntry(end);
    return begin == null ? termBeforeStart : begin.getValue();
  }

  /** Records of this term follow from {@code offset} on, the end of the log. */
  void append(long offset, int term) {
    int last = begins.isEmpty() ? termBeforeStart : begins.lastEntry().getValue();
    if (term < last) {
      throw new IllegalStateException("Term " + term + " follows term " + last);
    }
    if (term > last) {
      begins.put(offset, term);
    }
  }

  void truncateTo(long end) {
    begins.tailMap(end, true).clear();
  }

  /** Everything below is forgotten but for the term of the last record there. */
  void startAt(long end, int term) {
    begins.headMap(end, false).clear();
    start = end;
    termBeforeStart = term;
  }

  /** The first offset from {@code from} on that has another term; {@code to} = there is none. */
  long firstDifference(long from, long to, int term) {
    long at = from;
    while (at < to) {
      if (before(at + 1) != term) {
        return at;
      }
      Long next = begins.higherKey(at);
      at = next == null ? to : next;
    }
    return to;
  }

  /** The largest end, at most {@code end}, behind a record of {@code term} or an earlier one. */
  long lastEndUpTo(int term, long end) {
    long at = end;
    while (at > start && before(at) > term) {
      Long begin = begins.lowerKey(at);
      at = begin == null ? start : Math.max(begin, start);
    }
    return at;
  }
}
