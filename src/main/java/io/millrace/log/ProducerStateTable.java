package io.millrace.log;

import io.millrace.model.TransactionMarker;
import io.millrace.record.RecordBatch;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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

  /**
   * How producers were before what {@link ProducerState#undoFrom} cannot take back: a marker, or a
   * batch without a sequence number. By offset, ascending; invariant: every such batch that was
   * assigned at or above {@link #persistedEnd} is here.
   */
  private final ArrayDeque<Before> journal = new ArrayDeque<>();

  private int size;
  private long persistedEnd;

  /**
   * A producer before the batch at this offset.
   *
   * @param state null = it was not known
   */
  private record Before(long offset, long producerId, ProducerState state) {}

  /** Producers known. */
  int size() {
    return size;
  }

  /** Null = not known. */
  ProducerState get(long producerId) {
    return slots.length == 0 ? null : slots[slotOf(slots, producerId)];
  }

  /**
   * Each producer as the batches below {@code endOffset} have left it, as far as those above can be
   * undone; only what {@link ProducerState#batchesBelow} tells apart may be newer.
   */
  void forEachAt(long endOffset, Consumer<ProducerState> action) {
    Map<Long, ProducerState> before = before(endOffset);
    forEach(
        state -> {
          if (!before.containsKey(state.producerId)) {
            action.accept(state);
          }
        });
    before.values().stream().filter(Objects::nonNull).forEach(action);
  }

  /** Those that the journal changes when everything from {@code offset} on is undone. */
  private Map<Long, ProducerState> before(long offset) {
    Map<Long, ProducerState> before = new HashMap<>();
    Iterator<Before> newestFirst = journal.descendingIterator();
    while (newestFirst.hasNext()) {
      Before entry = newestFirst.next();
      if (entry.offset < offset) {
        break;
      }
      before.put(entry.producerId, entry.state);
    }
    return before;
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
   */
  SequenceCheck check(long producerId, short epoch, int baseSequence, int count) {
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
    ProducerState state = get(producerId);
    if (state == null) {
      return SequenceCheck.Accept.INSTANCE;
    }
    if (epoch == state.epoch()) {
      return checkSequence(state, baseSequence, count);
    }
    if (epoch < state.epoch()) {
      return fenced(state, epoch);
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

  private static SequenceCheck fenced(ProducerState state, short epoch) {
    return new SequenceCheck.Refused(
        Errors.INVALID_PRODUCER_EPOCH,
        "Epoch "
            + epoch
            + " of producer "
            + state.producerId
            + " is over: epoch "
            + state.epoch()
            + " has written since");
  }

  /** What is to become of a batch that a coordinator writes in somebody's transaction. */
  SequenceCheck checkWithoutSequence(long producerId, short epoch) {
    ProducerState state = get(producerId);
    return state != null && epoch < state.epoch()
        ? fenced(state, epoch)
        : SequenceCheck.Accept.INSTANCE;
  }

  /** Nothing may be written outside of a transaction while the producer is in one. */
  SequenceCheck checkTransactional(long producerId, boolean transactional) {
    ProducerState state = get(producerId);
    if (transactional || state == null || state.currentTxnFirstOffset() < 0) {
      return SequenceCheck.Accept.INSTANCE;
    }
    return new SequenceCheck.Refused(
        Errors.INVALID_TXN_STATE,
        "Producer "
            + producerId
            + " sent a batch outside of its transaction, which is in progress since offset "
            + state.currentTxnFirstOffset());
  }

  /**
   * Whether a marker may be written. From transaction version 2 on it carries an epoch above that
   * of the transaction, and one of the same epoch is taken when it is the last one again.
   */
  SequenceCheck checkMarker(TransactionMarker marker) {
    ProducerState state = get(marker.producerId());
    if (state == null) {
      return SequenceCheck.Accept.INSTANCE;
    }
    short epoch = marker.producerEpoch();
    boolean again = state.currentTxnFirstOffset() < 0 || epoch == Short.MAX_VALUE;
    if (epoch < state.epoch()
        || (epoch == state.epoch() && marker.transactionVersion() >= 2 && !again)) {
      return new SequenceCheck.Refused(
          Errors.INVALID_PRODUCER_EPOCH,
          "A marker of epoch "
              + epoch
              + " comes too late for producer "
              + state.producerId
              + ", which is in epoch "
              + state.epoch());
    }
    if (marker.coordinatorEpoch() < state.coordinatorEpoch()) {
      return new SequenceCheck.Refused(
          Errors.TRANSACTION_COORDINATOR_FENCED,
          "Coordinator epoch "
              + marker.coordinatorEpoch()
              + " is over: epoch "
              + state.coordinatorEpoch()
              + " has ended a transaction of producer "
              + state.producerId
              + " since");
    }
    return SequenceCheck.Accept.INSTANCE;
  }

  /**
   * Notes a batch without a sequence number.
   *
   * @param undoable whether {@link #undoFrom} may have to take it back
   */
  void noteWithoutSequence(
      long producerId, short epoch, long baseOffset, long maxTimestamp, boolean undoable) {
    known(producerId, baseOffset, undoable).appendWithoutSequence(epoch, maxTimestamp);
  }

  /** Notes that a transactional batch lies at this offset; true = it begins a transaction. */
  boolean beginTransaction(long producerId, long baseOffset) {
    return get(producerId).beginTransaction(baseOffset);
  }

  /**
   * Notes a marker.
   *
   * @param undoable whether {@link #undoFrom} may have to take it back
   * @return first offset of the transaction that ends; -1 = none was in progress
   */
  long endTransaction(TransactionMarker marker, long offset, long timestamp, boolean undoable) {
    return known(marker.producerId(), offset, undoable)
        .endTransaction(marker.producerEpoch(), marker.coordinatorEpoch(), timestamp);
  }

  private ProducerState known(long producerId, long offset, boolean undoable) {
    ProducerState state = get(producerId);
    if (undoable) {
      journal.add(new Before(offset, producerId, state == null ? null : state.copy()));
    }
    if (state == null) {
      state = new ProducerState(producerId);
      put(state);
    }
    return state;
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
   * Notes a batch that has just got its offsets; it can be undone until {@link #persistedTo} covers
   * it. A follower calls it unchecked: the leader has checked.
   *
   * @param maxTimestamp of the batch in ms; -1 = none
   */
  void update(
      long producerId,
      short epoch,
      int baseSequence,
      long baseOffset,
      int lastOffsetDelta,
      long maxTimestamp) {
    note(producerId, epoch, baseSequence, baseOffset, lastOffsetDelta, maxTimestamp, persistedEnd);
  }

  /** Notes a batch that is in the log already: recovery rebuilds the table with it. */
  void replay(
      long producerId,
      short epoch,
      int baseSequence,
      long baseOffset,
      int lastOffsetDelta,
      long maxTimestamp) {
    note(
        producerId, epoch, baseSequence, baseOffset, lastOffsetDelta, maxTimestamp, Long.MAX_VALUE);
  }

  private void note(
      long producerId,
      short epoch,
      int baseSequence,
      long baseOffset,
      int lastOffsetDelta,
      long maxTimestamp,
      long stableEnd) {
    if (producerId < 0 || baseSequence < 0 || lastOffsetDelta < 0) {
      throw new IllegalArgumentException(
          "Producer %d, sequence number %d, offset delta %d"
              .formatted(producerId, baseSequence, lastOffsetDelta));
    }
    ProducerState state = get(producerId);
    if (state == null) {
      state = new ProducerState(producerId);
      put(state);
    }
    state.append(
        epoch,
        RecordBatch.incrementSequence(baseSequence, lastOffsetDelta),
        baseOffset + lastOffsetDelta,
        lastOffsetDelta,
        maxTimestamp,
        stableEnd);
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
    while (!journal.isEmpty() && journal.peek().offset < persistedEnd) {
      journal.poll();
    }
  }

  /**
   * Forgets the batches that were assigned from {@code fromOffset} (inclusive) on and could not be
   * written: their producers may send them again. Exact for what is not persisted; after a
   * truncation of the log use {@link #clear}, a snapshot and {@link #replay}.
   */
  void undoFrom(long fromOffset) {
    Map<Long, ProducerState> before = before(fromOffset);
    journal.removeIf(entry -> entry.offset >= fromOffset);
    Set<Long> unknown = new HashSet<>();
    before.forEach(
        (producerId, state) -> {
          if (state == null) {
            unknown.add(producerId);
          } else {
            put(state);
          }
        });
    retain(state -> !unknown.contains(state.producerId) && state.undoFrom(fromOffset));
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

  /** Forgets everything: the log is loaded anew, or starts afresh. */
  void clear() {
    slots = NO_SLOTS;
    size = 0;
    persistedEnd = 0;
    journal.clear();
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
