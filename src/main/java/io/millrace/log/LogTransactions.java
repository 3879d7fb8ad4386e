package io.millrace.log;

import io.millrace.model.TransactionMarker;
import io.millrace.record.ControlBatch;
import io.millrace.record.CorruptBatchException;
import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.TreeMap;

/**
 * The transactions of a log (KIP-98): up to where they are decided, and which were aborted.
 *
 * <p>Invariant: a transaction is in {@link #ongoing} exactly while a producer's state has it; from
 * its marker on it is in {@link #completed} until that marker is known to be committed. So what a
 * lost marker had ended is open again when the producers are undone.
 *
 * <p>Owner: partition loop.
 */
final class LogTransactions {
  /** A transaction whose marker need not be committed. */
  private record Completed(long firstOffset, long markerOffset) {}

  /** Producer ids by the first offset of their transaction. */
  private final TreeMap<Long, Long> ongoing = new TreeMap<>();

  /** By the offset of the marker, ascending. */
  private final ArrayDeque<Completed> completed = new ArrayDeque<>();

  private final AbortedTransactions aborted = new AbortedTransactions();

  AbortedTransactions aborted() {
    return aborted;
  }

  /** Producers with a transaction in progress, the oldest transaction first. */
  Collection<Long> ongoingProducers() {
    return Collections.unmodifiableCollection(ongoing.values());
  }

  /** Takes over what is in progress, as a snapshot has it. */
  void restore(ProducerStateTable producers) {
    ongoing.clear();
    producers.forEach(
        state -> {
          if (state.currentTxnFirstOffset() >= 0) {
            ongoing.put(state.currentTxnFirstOffset(), state.producerId);
          }
        });
  }

  /**
   * Notes a batch with a producer id, in the order of the log.
   *
   * @param batch whole if it is a control batch
   * @param undoable whether it may have to be taken back: it is not in the log yet
   */
  void onBatch(ProducerStateTable producers, ByteBuffer batch, int at, boolean undoable) {
    if (RecordBatch.isControl(batch, at)) {
      TransactionMarker marker = marker(batch, at);
      if (marker != null) {
        onMarker(producers, marker, batch, at, undoable);
      }
      return;
    }
    long producerId = RecordBatch.producerId(batch, at);
    short epoch = RecordBatch.producerEpoch(batch, at);
    int sequence = RecordBatch.baseSequence(batch, at);
    long offset = RecordBatch.baseOffset(batch, at);
    int delta = RecordBatch.lastOffsetDelta(batch, at);
    long timestamp = RecordBatch.maxTimestamp(batch, at);
    boolean transactional = RecordBatch.isTransactional(batch, at);
    if (sequence < 0) {
      if (!transactional) {
        return;
      }
      producers.noteWithoutSequence(producerId, epoch, offset, timestamp, undoable);
    } else if (undoable) {
      producers.update(producerId, epoch, sequence, offset, delta, timestamp);
    } else {
      producers.replay(producerId, epoch, sequence, offset, delta, timestamp);
    }
    // Of a transaction whose records are compacted away the marker may be as well.
    if (transactional
        && RecordBatch.count(batch, at) > 0
        && producers.beginTransaction(producerId, offset)) {
      ongoing.put(offset, producerId);
    }
  }

  private void onMarker(
      ProducerStateTable producers,
      TransactionMarker marker,
      ByteBuffer batch,
      int at,
      boolean undoable) {
    long offset = RecordBatch.lastOffset(batch, at);
    long first =
        producers.endTransaction(marker, offset, RecordBatch.maxTimestamp(batch, at), undoable);
    if (first < 0) {
      return;
    }
    ongoing.remove(first);
    completed.add(new Completed(first, offset));
    if (!marker.commits()) {
      long stable = ongoing.isEmpty() ? offset + 1 : ongoing.firstKey();
      aborted.add(new TransactionIndexFile.Entry(marker.producerId(), first, offset, stable));
    }
  }

  /** The end of a transaction that a whole control batch holds; null = it holds none. */
  static TransactionMarker marker(ByteBuffer batch, int at) {
    try {
      return ControlBatch.read(batch, at);
    } catch (CorruptBatchException e) {
      return null; // nothing that ends a transaction
    }
  }

  /** Takes back what was assigned from {@code offset} on; the producers are undone already. */
  void undoFrom(long offset, ProducerStateTable producers) {
    completed.removeIf(transaction -> transaction.markerOffset >= offset);
    aborted.removeFrom(offset);
    restore(producers);
  }

  /**
   * First offset that is not decided, as far as everything below {@code highWatermark} is
   * committed; {@link Long#MAX_VALUE} = all are. The high watermark must not go back.
   */
  long firstUnstableOffset(long highWatermark) {
    while (!completed.isEmpty() && completed.peek().markerOffset < highWatermark) {
      completed.poll();
    }
    long first = ongoing.isEmpty() ? Long.MAX_VALUE : ongoing.firstKey();
    for (Completed transaction : completed) {
      first = Math.min(first, transaction.firstOffset);
    }
    return first;
  }
}
