package io.millrace.log;

import java.util.Arrays;

/**
 * Where the most recently appended batches of a segment start, every one of them: a reader near the
 * end of the log is served from here without a look into any file. Bounded in batches and in the
 * bytes they span, so that what it covers is in the page cache as a rule.
 *
 * <p>Invariant: entries are contiguous: each batch ends where the next one starts, the last one at
 * the end of the segment.
 *
 * <p>Owner: partition loop.
 */
final class TailIndex {
  private static final int FIRST_CAPACITY = 16;
  static final int MAX_BATCHES = 4096;
  static final int MAX_BYTES = 16 << 20;

  /** Relative base offset in the upper half, position in the lower; a ring of capacity 2^n. */
  private long[] entries = new long[FIRST_CAPACITY];

  private int head;
  private int size;

  int size() {
    return size;
  }

  private long entry(int slot) {
    return entries[(head + slot) & (entries.length - 1)];
  }

  /** Relative base offset of the batch in this slot; slot 0 is the oldest. */
  int relativeOffset(int slot) {
    return (int) (entry(slot) >> 32);
  }

  int position(int slot) {
    return (int) entry(slot);
  }

  /** Adds a batch behind all others, dropping the oldest when there are too many. */
  void add(int relativeOffset, int position) {
    while (size > 0 && (size == MAX_BATCHES || position - position(0) > MAX_BYTES)) {
      head = (head + 1) & (entries.length - 1);
      size--;
    }
    if (size == entries.length) {
      long[] larger = new long[size * 2];
      for (int slot = 0; slot < size; slot++) {
        larger[slot] = entry(slot);
      }
      entries = larger;
      head = 0;
    }
    entries[(head + size) & (entries.length - 1)] = (long) relativeOffset << 32 | position;
    size++;
  }

  /** Slot of the last batch that starts at or below the relative offset; -1 = none does. */
  int slotAtOrBelow(long relativeOffset) {
    int low = 0;
    int high = size - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (relativeOffset(middle) <= relativeOffset) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  /** Slot of the last batch that starts at or below the position; -1 = none does. */
  int slotAtOrBelowPosition(long position) {
    int low = 0;
    int high = size - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (position(middle) <= position) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  /** Forgets all batches. */
  void clear() {
    head = 0;
    size = 0;
    if (entries.length > FIRST_CAPACITY) {
      entries = Arrays.copyOf(entries, FIRST_CAPACITY);
    }
  }
}
