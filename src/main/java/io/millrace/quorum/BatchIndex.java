package io.millrace.quorum;

import java.util.Map;
import java.util.TreeMap;

/**
 * Where batches lie in a segment of the metadata log: one batch in every {@value #BYTES_BETWEEN}
 * bytes or so, in memory only.
 *
 * <p>Owner: metadata log worker.
 */
final class BatchIndex {
  static final int BYTES_BETWEEN = 16 << 10;

  private final TreeMap<Long, Integer> positions = new TreeMap<>();

  /** A batch with this base offset starts at {@code position}; in their order. */
  void add(long baseOffset, int position) {
    Map.Entry<Long, Integer> last = positions.lastEntry();
    if (last == null || position - last.getValue() >= BYTES_BETWEEN) {
      positions.put(baseOffset, position);
    }
  }

  /** Start of a batch at or before the one with {@code offset}; 0 = the segment's start. */
  int floor(long offset) {
    Map.Entry<Long, Integer> floor = positions.floorEntry(offset);
    return floor == null ? 0 : floor.getValue();
  }

  /** Forgets batches that start at {@code position} or later. */
  void cutTo(int position) {
    while (!positions.isEmpty() && positions.lastEntry().getValue() >= position) {
      positions.pollLastEntry();
    }
  }
}
