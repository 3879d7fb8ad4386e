package io.millrace.log;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The segments of a log in order of their base offsets.
 *
 * <p>Owner: partition loop.
 */
final class Segments {
  private final List<Segment> ordered = new ArrayList<>(2);

  /** Sum of the sizes of all segments but the last. */
  private long closedBytes;

  boolean isEmpty() {
    return ordered.isEmpty();
  }

  int count() {
    return ordered.size();
  }

  /** In order of the base offsets; a view that does not outlive the next change. */
  List<Segment> all() {
    return Collections.unmodifiableList(ordered);
  }

  /** The one that grows; null = the log has no file yet. */
  Segment active() {
    return ordered.isEmpty() ? null : ordered.get(ordered.size() - 1);
  }

  Segment first() {
    return ordered.get(0);
  }

  Segment get(int slot) {
    return ordered.get(slot);
  }

  /** Adds a segment behind all others. */
  void add(Segment segment) {
    if (!ordered.isEmpty()) {
      if (segment.baseOffset() <= active().baseOffset()) {
        throw new IllegalArgumentException(segment + " does not follow " + active());
      }
      closedBytes += active().size();
    }
    ordered.add(segment);
  }

  /** Takes the oldest ones away; the last one stays. */
  List<Segment> removeFirst(int count) {
    if (count >= ordered.size()) {
      throw new IllegalArgumentException("The active segment must stay");
    }
    List<Segment> head = ordered.subList(0, count);
    List<Segment> removed = List.copyOf(head);
    head.clear();
    for (Segment segment : removed) {
      closedBytes -= segment.size();
    }
    return removed;
  }

  /**
   * Puts one segment in the place of some that are not the last one.
   *
   * @param from slot of the first one
   * @param with starts where the first one does
   */
  List<Segment> replace(int from, int count, Segment with) {
    if (from + count >= ordered.size() || with.baseOffset() != get(from).baseOffset()) {
      throw new IllegalArgumentException(with + " cannot take the place of " + count + " others");
    }
    List<Segment> range = ordered.subList(from, from + count);
    List<Segment> replaced = List.copyOf(range);
    range.clear();
    ordered.add(from, with);
    for (Segment segment : replaced) {
      closedBytes -= segment.size();
    }
    closedBytes += with.size();
    return replaced;
  }

  /** Puts others in the place of all. */
  void replace(List<Segment> others) {
    ordered.clear();
    closedBytes = 0;
    others.forEach(this::add);
  }

  /** Slot of the last segment whose base offset is at or below {@code offset}; -1 = none. */
  int slotAtOrBelow(long offset) {
    int low = 0;
    int high = ordered.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (ordered.get(middle).baseOffset() <= offset) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  /** Bytes of all segments. */
  long sizeInBytes() {
    return ordered.isEmpty() ? 0 : closedBytes + active().size();
  }
}
