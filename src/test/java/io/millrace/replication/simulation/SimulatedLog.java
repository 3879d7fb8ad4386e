package io.millrace.replication.simulation;

import io.millrace.log.SimulatedEpochs;
import io.millrace.model.EpochEnd;
import io.millrace.partition.state.EpochEnds;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A log of batches with one record each. What is written survives the end of the process, and what
 * is fsynced the loss of power.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedLog implements EpochEnds {
  /** A record; no two have the same value. */
  record Entry(long offset, int epoch, long value) {}

  private final List<Entry> entries = new ArrayList<>();
  private final SimulatedEpochs epochs = new SimulatedEpochs();
  private long start;
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
    return start + entries.size();
  }

  long nextOffset() {
    return endOffset() + queue.size();
  }

  boolean isIdle() {
    return queue.isEmpty();
  }

  int latestEpoch() {
    return epochs.latest();
  }

  int lastEntryEpoch() {
    return entries.isEmpty() ? latestEpoch() : entries.get(entries.size() - 1).epoch();
  }

  @Override
  public EpochEnd endOf(int epoch) {
    return epochs.endOf(epoch, endOffset());
  }

  /** null = it is not there. */
  Entry get(long offset) {
    return offset < start || offset >= endOffset() ? null : entries.get((int) (offset - start));
  }

  List<Entry> read(long offset, int max) {
    int from = (int) (offset - start);
    return List.copyOf(entries.subList(from, Math.min(entries.size(), from + max)));
  }

  void startEpoch(int epoch) {
    startedEpoch = epoch;
    epochs.assign(epoch, nextOffset());
  }

  void follow() {
    startedEpoch = -1;
    epochs.endAt(nextOffset());
  }

  void enqueue(Entry entry) {
    if (entry.offset() != nextOffset()) {
      throw new AssertionError(entry + " does not follow on " + nextOffset());
    }
    epochs.assign(entry.epoch(), entry.offset());
    queue.add(entry);
  }

  /** All that is queued is written. */
  List<Entry> write() {
    List<Entry> written = List.copyOf(queue);
    entries.addAll(queue);
    queue.clear();
    return written;
  }

  /** Nothing that is queued is written. */
  void failWrite() {
    queue.clear();
    epochs.endAt(endOffset());
    epochs.assign(startedEpoch, endOffset());
  }

  void sync() {
    syncedEnd = endOffset();
  }

  void cut(long offset) {
    if (offset < start) {
      startAnew(offset);
      return;
    }
    while (endOffset() > offset) {
      entries.remove(entries.size() - 1);
    }
    epochs.endAt(endOffset());
    syncedEnd = endOffset();
  }

  void startAnew(long offset) {
    entries.clear();
    epochs.clear();
    start = offset;
    syncedEnd = offset;
  }

  void deleteBefore(long offset) {
    if (offset > start) {
      entries.subList(0, (int) (offset - start)).clear();
      start = offset;
      syncedEnd = Math.max(syncedEnd, start);
      epochs.startAt(start);
    }
  }

  /** The process ends. */
  void crash() {
    queue.clear();
    startedEpoch = -1;
    epochs.endAt(endOffset());
    epochs.reload();
  }

  /** The machine ends: of what is not fsynced any tail is lost. */
  void losePower(Random random) {
    crash();
    int unsynced = (int) (endOffset() - syncedEnd);
    int lost = random.nextInt(unsynced + 1);
    for (int i = 0; i < lost; i++) {
      entries.remove(entries.size() - 1);
    }
    epochs.endAt(endOffset());
  }

  void wipe() {
    crash();
    startAnew(0);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder().append('[').append(start).append(", ");
    int epoch = -2;
    for (Entry entry : entries) {
      if (entry.epoch() != epoch) {
        epoch = entry.epoch();
        text.append(" e").append(epoch).append('@').append(entry.offset());
      }
    }
    return text.append(" .. ").append(endOffset()).append(')').toString();
  }
}
