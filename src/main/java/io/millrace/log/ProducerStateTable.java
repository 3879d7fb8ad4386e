package io.millrace.log;

import io.millrace.model.TransactionMarker;
import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.common.protocol.Errors;

/**
 * What a log knows of its idempotent producers (KIP-98): for each its epoch and last batches, so
 * that a batch is appended once and in order. Pure; the file is {@link ProducerSnapshot}.
 *
 * <p>The rules are Kafka 4's: a producer that is not known (new, expired, or its records deleted)
 * may start with any sequence number; UNKNOWN_PRODUCER_ID is never answered, nor is
 * DUPLICATE_SEQUENCE_NUMBER: a batch older than the last five is out of order.
 *
 * <p>Batches that are assigned but not yet persisted can be undone, so they must be told apart:
 * {@link #persistedTo} says up to where nothing can be undone any more.
 *
 * <p>Owner: partition loop.
 */
final class ProducerStateTable {
  private static final ProducerState[] NO_SLOTS = {};
  private static final int FIRST_SLOTS = 4;

  /**
   * Open addressing with linear probing, a power of two; at most half are taken. Nothing is removed
   * but by {@link #retain}, which builds the table anew.
   */
  private ProducerState[] slots = NO_SLOTS;

  private int size;
  private long persistedEnd;
  private final LogTransactions transactions = new LogTransactions();

  /** Producers known. */
  int size() {
    return size;
  }

  /** The transactions of these producers. */
  LogTransactions transactions() {
    return transactions;
  }

  /** Null = not known. */
  ProducerState get(long producerId) {
    return slots.length == 0 ? null : slots[slotOf(slots, producerId)];
  }

  void forEach(Consumer<ProducerState> action) {
    for (ProducerState state : slots) {
      if (state != null) {
        action.accept(state);
      }
    }
  }

  /**
   * What is to become of a client's batch. Changes nothing.
   *
   * @param count records in the batch, at least 1
   * @param transactional whether it is of a transaction
   */
  SequenceCheck check(
      long producerId, short epoch, int baseSequence, int count, boolean transactional) {
    ProducerState known = get(producerId);
    if (known != null && known.currentTxnFirstOffset() >= 0 && !transactional) {
      return new SequenceCheck.Refused(
          Errors.INVALID_TXN_STATE,
          "Producer "
              + producerId
              + " has a transaction here that began at offset "
              + known.currentTxnFirstOffset()
              + ": what it writes must be part of that");
    }
    return check(known, producerId, epoch, baseSequence, count);
  }

  private static SequenceCheck check(
      ProducerState state, long producerId, short epoch, int baseSequence, int count) {
    if (baseSequence < 0 || epoch < 0) {
      return new SequenceCheck.Refused(
          Errors.INVALID_RECORD,
          "A batch of producer "
              + producerId
              + " must have an epoch and a sequence number, not "
              + epoch
              + " and "
              + baseSequence);
    }
    if (state == null) {
      return SequenceCheck.Accept.INSTANCE;
    }
    if (epoch == state.epoch()) {
      return checkSequence(state, baseSequence, count);
    }
    if (epoch < state.epoch()) {
      return new SequenceCheck.Refused(
          Errors.INVALID_PRODUCER_EPOCH,
          "Epoch "
              + epoch
              + " of producer "
              + producerId
              + " is over: epoch "
              + state.epoch()
              + " has written since");
    }
    if (baseSequence != 0 && state.epoch() != RecordBatch.NO_PRODUCER_EPOCH) {
      return new SequenceCheck.Refused(
          Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
          "Producer "
              + producerId
              + " starts its new epoch "
              + epoch
              + " (after "
              + state.epoch()
              + ") at sequence number "
              + baseSequence
              + " instead of 0");
    }
    return SequenceCheck.Accept.INSTANCE;
  }

  private static SequenceCheck checkSequence(ProducerState state, int baseSequence, int count) {
    SequenceCheck.Duplicate duplicate =
        state.duplicateOf(baseSequence, RecordBatch.incrementSequence(baseSequence, count - 1));
    if (duplicate != null) {
      return duplicate;
    }
    int expected = RecordBatch.incrementSequence(state.lastSequence(), 1);
    if (baseSequence == expected) {
      return SequenceCheck.Accept.INSTANCE;
    }
    return new SequenceCheck.Refused(
        Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
        "Producer "
            + state.producerId
            + " sent sequence number "
            + baseSequence
            + " in epoch "
            + state.epoch()
            + " where "
            + expected
            + " comes next");
  }

  /**
   * Whether the epochs of a batch that has no sequence numbers are good: a marker, or what a
   * coordinator writes for a producer. Changes nothing.
   *
   * @param marker null = it is none
   * @return null = it is good
   */
  SequenceCheck.Refused checkUnnumbered(long producerId, short epoch, TransactionMarker marker) {
    ProducerState state = get(producerId);
    if (state == null) {
      return null;
    }
    // The markers of version 2 have the epoch of the next transaction. One that comes a second time
    // finds nothing open.
    boolean ofNext =
        marker != null && marker.transactionVersion() >= 2 && state.currentTxnFirstOffset() >= 0;
    if (epoch < state.epoch() || (ofNext && epoch == state.epoch())) {
      return new SequenceCheck.Refused(
          Errors.INVALID_PRODUCER_EPOCH,
          "Epoch "
              + epoch
              + " of producer "
              + producerId
              + " is over: epoch "
              + state.epoch()
              + " has written since");
    }
    if (marker != null && marker.coordinatorEpoch() < state.coordinatorEpoch()) {
      return new SequenceCheck.Refused(
          Errors.TRANSACTION_COORDINATOR_FENCED,
          "The coordinator of epoch "
              + marker.coordinatorEpoch()
              + " does not coordinate producer "
              + producerId
              + " any more: that of epoch "
              + state.coordinatorEpoch()
              + " has since");
    }
    return null;
  }

  /**
   * Notes a batch that has just got its offsets; it can be undone until {@link #persistedTo} covers
   * it. A follower calls it unchecked: the leader has checked.
   *
   * @param batch its header; not a control batch
   */
  void update(ByteBuffer batch, int at) {
    note(batch, at, persistedEnd);
  }

  /** Notes a batch that is in the log already: recovery rebuilds the table with it. */
  void replay(ByteBuffer batch, int at) {
    note(batch, at, Long.MAX_VALUE);
  }

  private void note(ByteBuffer batch, int at, long stableEnd) {
    long producerId = RecordBatch.producerId(batch, at);
    long baseOffset = RecordBatch.baseOffset(batch, at);
    ProducerState state = get(producerId);
    boolean begins =
        RecordBatch.isTransactional(batch, at)
            && (state == null || state.currentTxnFirstOffset() < 0);
    boolean numbered = RecordBatch.baseSequence(batch, at) >= 0;
    if (stableEnd != Long.MAX_VALUE && (begins || !numbered)) {
      transactions.onChange(baseOffset, producerId, state == null ? null : state.copy());
    }
    if (state == null) {
      state = new ProducerState(producerId);
      put(state);
    }
    short epoch = RecordBatch.producerEpoch(batch, at);
    long timestamp = RecordBatch.maxTimestamp(batch, at);
    if (numbered) {
      state.append(
          epoch,
          RecordBatch.lastSequence(batch, at),
          RecordBatch.lastOffset(batch, at),
          RecordBatch.lastOffsetDelta(batch, at),
          timestamp,
          stableEnd);
    } else {
      state.appendUnnumbered(epoch, timestamp);
    }
    if (begins) {
      state.begin(baseOffset);
      transactions.onBegin(producerId, baseOffset);
    }
  }

  /** Notes a marker that has just got its offset, as {@link #update} does. */
  void end(TransactionMarker marker, long offset, long timestamp) {
    ProducerState state = get(marker.producerId());
    transactions.onChange(offset, marker.producerId(), state == null ? null : state.copy());
    replayEnd(marker, offset, timestamp, true);
  }

  /**
   * Notes a marker that is in the log already.
   *
   * @param noted whether an abort is to be remembered; false = a file has it
   */
  void replayEnd(TransactionMarker marker, long offset, long timestamp, boolean noted) {
    ProducerState state = get(marker.producerId());
    if (state == null) {
      state = new ProducerState(marker.producerId());
      put(state);
    }
    if (state.currentTxnFirstOffset() >= 0) {
      transactions.onEnd(
          marker.producerId(), state.currentTxnFirstOffset(), offset, marker.commits(), noted);
    }
    state.end(marker.producerEpoch(), marker.coordinatorEpoch(), timestamp);
  }

  /**
   * Puts in a producer from a snapshot; a later entry of the same epoch adds its batch to the
   * earlier ones, any other takes their place.
   */
  void restore(ProducerState state) {
    ProducerState earlier = get(state.producerId);
    if (earlier == null || !earlier.continueWith(state)) {
      put(state);
    }
  }

  /** Nothing below {@code endOffset} (exclusive) will be undone. Never goes back. */
  void persistedTo(long endOffset) {
    persistedEnd = Math.max(persistedEnd, endOffset);
    transactions.persistedTo(endOffset);
  }

  /**
   * Forgets the batches that were assigned from {@code fromOffset} (inclusive) on and could not be
   * written: their producers may send them again. Exact for what is not persisted; after a
   * truncation of the log a new table is made of a snapshot and {@link #replay}.
   */
  void undoFrom(long fromOffset) {
    Map<Long, ProducerState> before = transactions.undoFrom(fromOffset);
    retain(state -> !before.containsKey(state.producerId));
    before.values().stream().filter(Objects::nonNull).forEach(this::put);
    retain(state -> state.undoFrom(fromOffset));
  }

  /**
   * Forgets producers whose last batch is that old, by its own timestamp, unless they are in a
   * transaction.
   *
   * @param expirationMs {@code producer.id.expiration.ms}
   * @return how many
   */
  int removeExpired(long nowMs, long expirationMs) {
    int before = size;
    retain(
        state ->
            state.currentTxnFirstOffset() >= 0 || nowMs - state.lastTimestamp() < expirationMs);
    return before - size;
  }

  private void retain(Predicate<ProducerState> stays) {
    ProducerState[] before = slots;
    int kept = 0;
    for (int i = 0; i < before.length; i++) {
      if (before[i] != null && !stays.test(before[i])) {
        if (before == slots) {
          before = before.clone();
        }
        before[i] = null;
      } else if (before[i] != null) {
        kept++;
      }
    }
    if (before != slots) {
      slots = kept == 0 ? NO_SLOTS : new ProducerState[slotsFor(kept)];
      size = kept;
      for (ProducerState state : before) {
        if (state != null) {
          slots[slotOf(slots, state.producerId)] = state;
        }
      }
    }
  }

  private static int slotsFor(int producers) {
    return Math.max(FIRST_SLOTS, Integer.highestOneBit(producers * 2 - 1) * 2);
  }

  private void put(ProducerState state) {
    if ((size + 1) * 2 > slots.length) {
      ProducerState[] larger = new ProducerState[Math.max(FIRST_SLOTS, slots.length * 2)];
      forEach(each -> larger[slotOf(larger, each.producerId)] = each);
      slots = larger;
    }
    int slot = slotOf(slots, state.producerId);
    if (slots[slot] == null) {
      size++;
    }
    slots[slot] = state;
  }

  /** Where the producer is, or the free slot where it belongs. */
  private static int slotOf(ProducerState[] slots, long producerId) {
    int mask = slots.length - 1;
    // Ids are dense; the multiplication (2^64 / golden ratio) spreads them.
    int slot = (int) ((producerId * 0x9E37_79B9_7F4A_7C15L) >>> 32) & mask;
    while (slots[slot] != null && slots[slot].producerId != producerId) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}
