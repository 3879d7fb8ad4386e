package io.millrace.log;

import io.millrace.model.EpochEnd;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which leader epoch wrote which offsets of a log (KIP-101, KIP-279, KIP-320). Pure; the file is
 * {@link LeaderEpochCheckpoint}.
 *
 * <p>Invariant: epochs and start offsets both grow strictly.
 *
 * <p>Methods that change something answer whether they did, so that the caller writes the file. A
 * new epoch must be in the file before a batch of it is durable; a truncation may reach the file
 * late, because loading truncates again to what the log holds.
 *
 * <p>Owner: partition loop.
 */
final class LeaderEpochCache {
  static final int NO_EPOCH = -1;

  /** "Unknown" where an end offset is asked for. */
  static final long NO_OFFSET = -1;

  /**
   * An epoch and the first offset that it wrote.
   *
   * <p>Owner: immutable.
   */
  record EpochEntry(int epoch, long startOffset) {}

  private int[] epochs = new int[1];
  private long[] startOffsets = new long[1];
  private int size;

  LeaderEpochCache() {}

  /**
   * With entries from a file, in any order; what does not grow is dropped as by {@link #assign}.
   */
  LeaderEpochCache(List<EpochEntry> entries) {
    for (EpochEntry entry : entries) {
      assign(entry.epoch, entry.startOffset);
    }
  }

  /**
   * Notes that {@code epoch} starts at {@code startOffset}. Entries that contradict it (not smaller
   * in epoch or in offset) are dropped: nothing of them can be left in the log. The latest epoch
   * again, at the same or a later offset, changes nothing.
   *
   * @return whether something changed
   */
  boolean assign(int epoch, long startOffset) {
    if (epoch < 0 || startOffset < 0) {
      throw new IllegalArgumentException(
          "Leader epoch " + epoch + " cannot start at offset " + startOffset);
    }
    int last = size - 1;
    if (size > 0 && epochs[last] == epoch && startOffset >= startOffsets[last]) {
      return false;
    }
    while (size > 0 && (epochs[size - 1] >= epoch || startOffsets[size - 1] >= startOffset)) {
      size--;
    }
    if (size == epochs.length) {
      epochs = Arrays.copyOf(epochs, size * 2);
      startOffsets = Arrays.copyOf(startOffsets, size * 2);
    }
    epochs[size] = epoch;
    startOffsets[size] = startOffset;
    size++;
    return true;
  }

  /**
   * A batch of {@code epoch} comes behind a log that ends at {@code logEndOffset}. An epoch that is
   * new here starts at that end, also where the batch comes later: what lay between was compacted
   * before it was copied, and can have been of this epoch. A record of an earlier epoch which
   * somebody else has there would not be seen to diverge.
   *
   * @return whether something changed
   */
  boolean onBatch(int epoch, long logEndOffset) {
    return epoch > latestEpoch() && assign(epoch, logEndOffset);
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** The epoch of the last entry; -1 = none. */
  int latestEpoch() {
    return size == 0 ? NO_EPOCH : epochs[size - 1];
  }

  /** Start offset of the last entry; -1 = none. */
  long latestStartOffset() {
    return size == 0 ? NO_OFFSET : startOffsets[size - 1];
  }

  /** The epoch that wrote {@code offset}, or would if it is the end of the log; -1 = unknown. */
  int epochForOffset(long offset) {
    int found = Arrays.binarySearch(startOffsets, 0, size, offset);
    int slot = found >= 0 ? found : -found - 2;
    return slot < 0 ? NO_EPOCH : epochs[slot];
  }

  /**
   * The largest epoch that is not above the requested one, and the end of its offsets: the start of
   * the next epoch, or the end of the log for the latest. A requested epoch below all known ones
   * ends where the first known one starts (its records are gone, and a follower goes on from
   * there); one above all known ones is unknown.
   *
   * @return -1 and -1 = unknown
   */
  EpochEnd endOffsetFor(int requestedEpoch, long logEndOffset) {
    if (size == 0 || requestedEpoch == NO_EPOCH || requestedEpoch > latestEpoch()) {
      return EpochEnd.UNKNOWN;
    }
    if (requestedEpoch == latestEpoch()) {
      return new EpochEnd(requestedEpoch, logEndOffset);
    }
    int found = Arrays.binarySearch(epochs, 0, size, requestedEpoch);
    int slot = found >= 0 ? found : -found - 2;
    int epoch = slot < 0 ? requestedEpoch : epochs[slot];
    return new EpochEnd(epoch, startOffsets[slot + 1]);
  }

  /**
   * The log now ends at {@code endOffset} (exclusive): epochs that start there or later go.
   *
   * @return whether something changed
   */
  boolean truncateFromEnd(long endOffset) {
    int before = size;
    while (endOffset >= 0 && size > 0 && startOffsets[size - 1] >= endOffset) {
      size--;
    }
    return size < before;
  }

  /**
   * The log now starts at {@code startOffset}: epochs that ended before it go, and the one that
   * wrote it starts there.
   *
   * @return whether something changed
   */
  boolean truncateFromStart(long startOffset) {
    int found = Arrays.binarySearch(startOffsets, 0, size, startOffset);
    int slot = found >= 0 ? found : -found - 2;
    if (slot < 0 || (slot == 0 && startOffsets[0] == startOffset)) {
      return false;
    }
    size -= slot;
    System.arraycopy(epochs, slot, epochs, 0, size);
    System.arraycopy(startOffsets, slot, startOffsets, 0, size);
    startOffsets[0] = startOffset;
    return true;
  }

  /** Forgets everything: the log starts afresh elsewhere. */
  void clear() {
    size = 0;
  }

  /** A copy, oldest first; what the checkpoint file holds. */
  List<EpochEntry> entries() {
    List<EpochEntry> entries = new ArrayList<>(size);
    for (int slot = 0; slot < size; slot++) {
      entries.add(new EpochEntry(epochs[slot], startOffsets[slot]));
    }
    return entries;
  }
}
