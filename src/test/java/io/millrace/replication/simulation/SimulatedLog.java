package io.millrace.replication.simulation;

import io.millrace.log.SimulatedEpochs;
import io.millrace.model.EpochEnd;
import io.millrace.partition.state.EpochEnds;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/**
 * A log of batches, of which compaction has removed some. What is written survives the end of the
 * process, and what is fsynced the loss of power.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedLog implements EpochEnds {
  /** A new segment begins behind so many offsets. */
  private static final int SEGMENT_OFFSETS = 8;

  /**
   * A batch; no two have the same value.
   *
   * @param last its last offset (inclusive)
   */
  record Entry(long offset, long last, int epoch, long value) {}

  private static final int ENCODED_BYTES = 4 * Long.BYTES;

  // In order, with gaps where batches were removed.
  private final List<Entry> entries = new ArrayList<>();
  private final SimulatedEpochs epochs = new SimulatedEpochs();
  // Their base offsets; what is cut is read again from the beginning of a segment.
  private final TreeSet<Long> segments = new TreeSet<>(List.of(0L));
  private long start;
  private long end;
  private long syncedEnd;

  // Of the process: what is on its way to the file.
  private final List<Entry> queue = new ArrayList<>();
  private int startedEpoch = -1;

  @Override
  public long startOffset() {
    return start;
  }

  @Override
  public long endOffset() {
    return end;
  }

  @Override
  public long nextOffset() {
    return queue.isEmpty() ? end : queue.get(queue.size() - 1).last() + 1;
  }

  boolean isIdle() {
    return queue.isEmpty();
  }

  boolean isEmpty() {
    return entries.isEmpty() && queue.isEmpty();
  }

  int latestEpoch() {
    return epochs.latest();
  }

  int lastEntryEpoch() {
    return entries.isEmpty() ? latestEpoch() : entries.get(entries.size() - 1).epoch();
  }

  @Override
  public EpochEnd endOf(int epoch) {
    return epochs.endOf(epoch, end);
  }

  /** Index of the first batch that ends at the offset or later. */
  private int indexOf(long offset) {
    int from = 0;
    int to = entries.size();
    while (from < to) {
      int middle = (from + to) >>> 1;
      if (entries.get(middle).last() < offset) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from;
  }

  /** The batch that has this offset; null = there is none. */
  Entry get(long offset) {
    return offset < start ? null : inFile(offset);
  }

  private Entry inFile(long offset) {
    int index = indexOf(offset);
    return index < entries.size() && entries.get(index).offset() <= offset
        ? entries.get(index)
        : null;
  }

  /** The batches that end at the offset or later, and before another one. */
  List<Entry> between(long from, long before) {
    int first = indexOf(Math.max(from, start));
    return entries.subList(first, Math.max(first, indexOf(before)));
  }

  /** Whether a batch is there, or on its way to the file. */
  boolean hasOrWrites(Entry batch) {
    return batch.equals(get(batch.last())) || queue.contains(batch);
  }

  List<Entry> read(long offset, int maxBytes) {
    int from = indexOf(offset);
    int max = Math.max(1, maxBytes / ENCODED_BYTES);
    return List.copyOf(entries.subList(from, Math.min(entries.size(), from + max)));
  }

  /** As it is sent. */
  static ByteBuffer encode(List<Entry> batches) {
    ByteBuffer bytes = ByteBuffer.allocate(batches.size() * ENCODED_BYTES);
    for (Entry batch : batches) {
      bytes
          .putLong(batch.offset())
          .putLong(batch.last())
          .putLong(batch.epoch())
          .putLong(batch.value());
    }
    return bytes.flip();
  }

  static List<Entry> decode(ByteBuffer bytes) {
    List<Entry> batches = new ArrayList<>();
    while (bytes.hasRemaining()) {
      batches.add(
          new Entry(bytes.getLong(), bytes.getLong(), (int) bytes.getLong(), bytes.getLong()));
    }
    return batches;
  }

  void startEpoch(int epoch) {
    startedEpoch = epoch;
    epochs.begin(epoch, nextOffset());
  }

  void follow() {
    startedEpoch = -1;
    epochs.endAt(nextOffset());
  }

  void enqueue(Entry entry) {
    if (entry.offset() < nextOffset()) {
      throw new AssertionError(entry + " does not follow on " + nextOffset());
    }
    epochs.onBatch(entry.epoch(), nextOffset());
    queue.add(entry);
  }

  /** All that is queued is written. */
  List<Entry> write() {
    List<Entry> written = List.copyOf(queue);
    for (Entry entry : queue) {
      if (entry.offset() >= segments.last() + SEGMENT_OFFSETS) {
        segments.add(entry.offset());
      }
      entries.add(entry);
      end = entry.last() + 1;
    }
    queue.clear();
    return written;
  }

  /** Nothing that is queued is written. */
  void failWrite() {
    queue.clear();
    epochs.endAt(end);
    if (startedEpoch >= 0) {
      epochs.begin(startedEpoch, end);
    }
  }

  void sync() {
    syncedEnd = end;
  }

  /** As {@code LogTruncation}. */
  void cut(long offset) {
    if (offset < start) {
      startAnew(offset);
    } else if (end <= offset) {
      epochs.endAt(offset);
    } else {
      keepBefore(indexOf(offset));
      segments.tailSet(offset, true).removeIf(base -> !base.equals(segments.first()));
      epochs.endAt(offset);
      recover(Math.min(syncedEnd, offset));
      syncedEnd = end;
    }
  }

  private void keepBefore(int index) {
    entries.subList(index, entries.size()).clear();
  }

  /** As {@code LogRecovery}: reads again what comes from the segment on that has the offset. */
  private void recover(long recoveryPoint) {
    Long found = segments.floor(recoveryPoint);
    long from = found == null ? segments.first() : found;
    epochs.endAt(from);
    end = from;
    for (Entry entry : entries.subList(indexOf(from), entries.size())) {
      epochs.onBatch(entry.epoch(), end);
      end = entry.last() + 1;
    }
    end = Math.max(end, segments.last());
  }

  void startAnew(long offset) {
    entries.clear();
    epochs.clear();
    segments.clear();
    segments.add(offset);
    start = offset;
    end = offset;
    syncedEnd = offset;
  }

  /** Whole segments are removed; of the first that is left some is not shown. */
  void deleteBefore(long offset) {
    if (offset > start) {
      start = offset;
      while (segments.size() > 1 && segments.higher(segments.first()) <= start) {
        segments.pollFirst();
      }
      entries.subList(0, indexOf(segments.first())).clear();
      syncedEnd = Math.max(syncedEnd, start);
      epochs.startAt(start);
    }
  }

  /**
   * Removes some batches of closed segments, but never the last that is looked at.
   *
   * @param stableEnd what lies before (exclusive) is committed
   * @return what was removed
   */
  List<Entry> compact(long stableEnd, Random random) {
    Long roundEnd = segments.floor(Math.min(stableEnd, syncedEnd));
    List<Entry> removed = new ArrayList<>();
    if (roundEnd != null) {
      List<Entry> round = entries.subList(0, indexOf(roundEnd));
      for (int i = 0; i < round.size() - 1; i++) {
        if (random.nextBoolean()) {
          removed.add(round.get(i));
        }
      }
    }
    entries.removeAll(removed);
    return removed;
  }

  /** The process ends. */
  void crash() {
    queue.clear();
    startedEpoch = -1;
    epochs.reload();
    recover(syncedEnd);
    if (start > end) {
      startAnew(start);
    } else {
      epochs.startAt(start);
    }
  }

  /** The machine ends: of what is not fsynced any tail is lost. */
  void losePower(Random random) {
    int unsynced = entries.size() - indexOf(syncedEnd);
    keepBefore(entries.size() - random.nextInt(unsynced + 1));
    segments.tailSet(syncedEnd, false).removeIf(base -> inFile(base) == null);
    crash();
  }

  void wipe() {
    queue.clear();
    startedEpoch = -1;
    startAnew(0);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder().append('[').append(start).append(", ");
    int epoch = -2;
    long next = -1;
    for (Entry entry : entries) {
      if (entry.epoch() != epoch || entry.offset() != next) {
        epoch = entry.epoch();
        text.append(" e").append(epoch).append('@').append(entry.offset());
      }
      next = entry.last() + 1;
      if (next < end && get(next) == null) {
        text.append(" to ").append(next).append(',');
      }
    }
    return text.append(" .. ").append(end).append(')').toString();
  }
}
