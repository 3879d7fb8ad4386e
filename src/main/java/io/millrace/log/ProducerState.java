package io.millrace.log;

import io.millrace.record.RecordBatch;
import java.util.Arrays;

/**
 * What a log remembers of one producer: its epoch and its last batches. Small, because there may be
 * 100,000 of them: batches are packed into one array that grows with use.
 *
 * <p>Owner: partition loop.
 */
final class ProducerState {
  /** As many as a producer may have in flight (max.in.flight.requests.per.connection). */
  static final int BATCHES_FOR_DUPLICATES = 5;

  /** Longs of a batch: last offset; timestamp; last sequence (upper half) and offset delta. */
  private static final int BATCH = 3;

  private static final long[] NO_BATCHES = {};

  final long producerId;
  private short epoch = RecordBatch.NO_PRODUCER_EPOCH;
  private int count;

  /** Something was known of the producer before its oldest batch here. */
  private boolean knownBefore;

  private int coordinatorEpoch = -1;
  private long lastTimestamp = RecordBatch.NO_TIMESTAMP;
  private long currentTxnFirstOffset = -1;

  private long newestTxnOffset = -1;

  /** Oldest first. */
  private long[] batches = NO_BATCHES;

  ProducerState(long producerId) {
    this.producerId = producerId;
  }

  /**
   * State as a snapshot file holds it.
   *
   * @param lastOffset of the last batch; -1 = there is none
   */
  static ProducerState restored(
      long producerId,
      short epoch,
      int lastSequence,
      long lastOffset,
      int offsetDelta,
      long timestamp) {
    ProducerState state = new ProducerState(producerId);
    state.epoch = epoch;
    state.knownBefore = true;
    state.lastTimestamp = timestamp;
    if (lastOffset >= 0) {
      state.add(lastSequence, lastOffset, offsetDelta, timestamp);
    }
    return state;
  }

  /**
   * Takes over the one batch of a later snapshot entry; false = it does not continue this state.
   */
  boolean continueWith(ProducerState later) {
    if (later.epoch != epoch
        || later.count != 1
        || count == 0
        || later.lastOffset(0) <= lastOffset(count - 1)) {
      return false;
    }
    add(later.lastSequence(0), later.lastOffset(0), later.offsetDelta(0), later.timestamp(0));
    lastTimestamp = later.lastTimestamp;
    coordinatorEpoch = later.coordinatorEpoch;
    currentTxnFirstOffset = later.currentTxnFirstOffset;
    return true;
  }

  /** Transaction state as a snapshot file holds it. */
  ProducerState withTransaction(int newCoordinatorEpoch, long firstOffset) {
    coordinatorEpoch = newCoordinatorEpoch;
    currentTxnFirstOffset = firstOffset;
    return this;
  }

  /** -1 = none is known. */
  short epoch() {
    return epoch;
  }

  /** Epoch of the transaction coordinator that wrote the last marker; -1 = none did. */
  int coordinatorEpoch() {
    return coordinatorEpoch;
  }

  /** Max timestamp of the last batch in ms; -1 = unknown. */
  long lastTimestamp() {
    return lastTimestamp;
  }

  /** First offset of the transaction in progress; -1 = none is. */
  long currentTxnFirstOffset() {
    return currentTxnFirstOffset;
  }

  /**
   * Base offset of the newest batch that was written in a transaction, since the log was opened; -1
   * = none was.
   */
  long newestTxnOffset() {
    return newestTxnOffset;
  }

  /** Batches remembered, oldest first from 0. */
  int batches() {
    return count;
  }

  /** Last sequence number of the last batch; -1 = no batch of this epoch. */
  int lastSequence() {
    return count == 0 ? RecordBatch.NO_SEQUENCE : lastSequence(count - 1);
  }

  /** The original of a batch with these sequence numbers among the last five; null = none. */
  SequenceCheck.Duplicate duplicateOf(int firstSequence, int lastSequence) {
    for (int i = count - 1; i >= Math.max(0, count - BATCHES_FOR_DUPLICATES); i--) {
      if (lastSequence(i) == lastSequence && firstSequence(i) == firstSequence) {
        long lastOffset = batches[i * BATCH];
        return new SequenceCheck.Duplicate(
            lastOffset - offsetDelta(i), lastOffset, batches[i * BATCH + 1]);
      }
    }
    return null;
  }

  /**
   * Notes a batch. Of the older ones stay five less one, and more as long as they may still be
   * undone: one batch below {@code persistedEnd} always stays, so that after {@link #undoFrom} the
   * next sequence number is known.
   */
  void append(
      short newEpoch,
      int lastSequence,
      long lastOffset,
      int offsetDelta,
      long timestamp,
      long persistedEnd) {
    startEpoch(newEpoch);
    int dropped = 0;
    while (count + 1 - dropped > BATCHES_FOR_DUPLICATES
        && batches[(dropped + 1) * BATCH] < persistedEnd) {
      dropped++;
    }
    if (dropped > 0) {
      count -= dropped;
      System.arraycopy(batches, dropped * BATCH, batches, 0, count * BATCH);
      knownBefore = true;
    }
    add(lastSequence, lastOffset, offsetDelta, timestamp);
    lastTimestamp = timestamp;
  }

  private void add(int lastSequence, long lastOffset, int offsetDelta, long timestamp) {
    int at = count * BATCH;
    if (at == batches.length) {
      // Most producers of a crowd send one batch; those that go on need all five.
      int capacity = count == 0 ? 1 : Math.max(BATCHES_FOR_DUPLICATES, count * 2);
      batches = Arrays.copyOf(batches, capacity * BATCH);
    }
    batches[at] = lastOffset;
    batches[at + 1] = timestamp;
    batches[at + 2] = ((long) lastSequence << 32) | offsetDelta;
    count++;
  }

  /** The same state, which later changes of this one do not touch. */
  ProducerState copy() {
    ProducerState copy = new ProducerState(producerId);
    copy.epoch = epoch;
    copy.count = count;
    copy.knownBefore = knownBefore;
    copy.coordinatorEpoch = coordinatorEpoch;
    copy.lastTimestamp = lastTimestamp;
    copy.currentTxnFirstOffset = currentTxnFirstOffset;
    copy.newestTxnOffset = newestTxnOffset;
    copy.batches = Arrays.copyOf(batches, count * BATCH);
    return copy;
  }

  /** Notes a batch without a sequence number, which no duplicate is ever compared with. */
  void appendWithoutSequence(short newEpoch, long timestamp) {
    startEpoch(newEpoch);
    lastTimestamp = timestamp;
  }

  /** A transaction begins with the batch at this offset, unless one is in progress. */
  boolean beginTransaction(long firstOffset) {
    newestTxnOffset = Math.max(newestTxnOffset, firstOffset);
    if (currentTxnFirstOffset >= 0) {
      return false;
    }
    currentTxnFirstOffset = firstOffset;
    return true;
  }

  /**
   * Notes the marker that ends a transaction.
   *
   * @return first offset of that transaction; -1 = none was in progress
   */
  long endTransaction(short markersEpoch, int markersCoordinatorEpoch, long timestamp) {
    appendWithoutSequence(markersEpoch, timestamp);
    coordinatorEpoch = markersCoordinatorEpoch;
    long firstOffset = currentTxnFirstOffset;
    currentTxnFirstOffset = -1;
    return firstOffset;
  }

  /** The batches of an earlier epoch count no more. */
  private void startEpoch(short newEpoch) {
    if (newEpoch != epoch) {
      knownBefore = epoch != RecordBatch.NO_PRODUCER_EPOCH;
      epoch = newEpoch;
      count = 0;
    }
  }

  /**
   * Forgets the batches from {@code offset} (inclusive) on. The epoch stays: an older one of the
   * same producer remains fenced.
   *
   * @return false if nothing is left that was known before those batches
   */
  boolean undoFrom(long offset) {
    int before = count;
    while (count > 0 && batches[(count - 1) * BATCH] >= offset) {
      count--;
    }
    if (currentTxnFirstOffset >= offset) {
      currentTxnFirstOffset = -1;
    }
    if (count < before && count > 0) {
      lastTimestamp = batches[(count - 1) * BATCH + 1];
    }
    return count > 0 || count == before || knownBefore;
  }

  /** How many of the batches lie below {@code endOffset} (exclusive). */
  int batchesBelow(long endOffset) {
    int below = count;
    while (below > 0 && batches[(below - 1) * BATCH] >= endOffset) {
      below--;
    }
    return below;
  }

  /** Whether something of the producer was in the log below {@code endOffset} (exclusive). */
  boolean knownBelow(long endOffset) {
    return knownBefore || count == 0 || batchesBelow(endOffset) > 0;
  }

  int lastSequence(int batch) {
    return (int) (batches[batch * BATCH + 2] >> 32);
  }

  long lastOffset(int batch) {
    return batches[batch * BATCH];
  }

  int offsetDelta(int batch) {
    return (int) batches[batch * BATCH + 2];
  }

  long timestamp(int batch) {
    return batches[batch * BATCH + 1];
  }

  private int firstSequence(int batch) {
    return RecordBatch.incrementSequence(lastSequence(batch), -offsetDelta(batch));
  }
}
