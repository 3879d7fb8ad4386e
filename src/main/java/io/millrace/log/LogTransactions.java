package io.millrace.log;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The transactions in a log: which are open, which have ended without everybody knowing, which were
 * aborted. Pure. Together with the {@link ProducerStateTable} that it belongs to: the state of a
 * producer says where its open transaction begins.
 *
 * <p>Owner: partition loop.
 */
final class LogTransactions {
  /**
   * What an offset that is assigned and not persisted has changed.
   *
   * @param producer its state before; null = it was not known
   */
  private record Change(long offset, long producerId, ProducerState producer) {}

  /** First offset to producer id. Invariant: exactly those that the producers' states name. */
  private final TreeMap<Long, Long> open = new TreeMap<>();

  /**
   * First offset to the marker's, of those that have ended. Invariant: nothing is missing whose
   * marker may be above the high watermark; readers of committed records must not pass it yet.
   */
  private final TreeMap<Long, Long> ended = new TreeMap<>();

  /** By the offset of the marker. */
  private final List<AbortedTransaction> aborted = new ArrayList<>();

  /**
   * In the order of the offsets. Invariant: with all of them taken back, states and transactions
   * are as at the end of what is persisted, so that a batch that could not be written leaves no
   * trace, and a snapshot of an earlier offset knows what was open there.
   */
  private final Deque<Change> changes = new ArrayDeque<>();

  /**
   * A batch of a transaction, or a marker, has got its offset.
   *
   * @param before the producer's state until then, which nobody changes any more; null = unknown
   */
  void onChange(long offset, long producerId, ProducerState before) {
    changes.add(new Change(offset, producerId, before));
  }

  void onBegin(long producerId, long firstOffset) {
    open.put(firstOffset, producerId);
  }

  /**
   * An open transaction ends.
   *
   * @param noted whether an abort is to be remembered; false = a file has it
   */
  void onEnd(long producerId, long firstOffset, long markerOffset, boolean commits, boolean noted) {
    open.remove(firstOffset);
    ended.put(firstOffset, markerOffset);
    if (!commits && noted) {
      long stable = open.isEmpty() ? markerOffset + 1 : open.firstKey();
      aborted.add(new AbortedTransaction(producerId, firstOffset, markerOffset, stable));
    }
  }

  /** Nothing below {@code endOffset} (exclusive) is taken back. */
  void persistedTo(long endOffset) {
    while (!changes.isEmpty() && changes.peekFirst().offset < endOffset) {
      changes.pollFirst();
    }
  }

  /**
   * Takes back what offsets from {@code fromOffset} (inclusive) on have changed.
   *
   * @return the states of producers before; a null state = it was not known
   */
  Map<Long, ProducerState> undoFrom(long fromOffset) {
    Map<Long, ProducerState> before = statesBefore(fromOffset);
    changes.removeIf(change -> change.offset >= fromOffset);
    while (!aborted.isEmpty() && aborted.get(aborted.size() - 1).lastOffset() >= fromOffset) {
      aborted.remove(aborted.size() - 1);
    }
    ended.values().removeIf(marker -> marker >= fromOffset);
    for (Map.Entry<Long, ProducerState> each : before.entrySet()) {
      open.values().removeIf(producer -> producer.equals(each.getKey()));
      if (each.getValue() != null && each.getValue().currentTxnFirstOffset() >= 0) {
        open.put(each.getValue().currentTxnFirstOffset(), each.getKey());
      }
    }
    return before;
  }

  /** States of the producers that offsets from {@code offset} (inclusive) on have changed. */
  Map<Long, ProducerState> statesBefore(long offset) {
    Map<Long, ProducerState> before = new HashMap<>();
    for (Iterator<Change> newest = changes.descendingIterator(); newest.hasNext(); ) {
      Change change = newest.next();
      if (change.offset < offset) {
        break;
      }
      before.put(change.producerId, change.producer);
    }
    return before;
  }

  /** The transactions that these states, from a snapshot, say are open. */
  void reopen(ProducerStateTable producers) {
    producers.forEach(
        state -> {
          if (state.currentTxnFirstOffset() >= 0) {
            open.put(state.currentTxnFirstOffset(), state.producerId);
          }
        });
  }

  /**
   * First offset of what is not decided, or decided above the high watermark; {@link
   * Long#MAX_VALUE} = there is none.
   */
  long firstUnstable(long highWatermark) {
    long first = open.isEmpty() ? Long.MAX_VALUE : open.firstKey();
    ended.values().removeIf(marker -> marker < highWatermark);
    return ended.isEmpty() ? first : Math.min(first, ended.firstKey());
  }

  // ---- aborted ones

  /** Those found in a file, whose markers are behind all that are known. */
  void addAborted(List<AbortedTransaction> found) {
    aborted.addAll(found);
  }

  /** Those whose markers are within the offsets. */
  List<AbortedTransaction> abortedWithMarkers(long from, long to) {
    return List.copyOf(aborted.subList(slotOf(from), slotOf(to)));
  }

  /** Those with records among the offsets, or around them. */
  List<AbortedTransaction> abortedAmong(long from, long to) {
    List<AbortedTransaction> found = new ArrayList<>();
    for (int i = slotOf(from); i < aborted.size(); i++) {
      AbortedTransaction each = aborted.get(i);
      if (each.firstOffset() < to) {
        found.add(each);
      }
      if (each.lastStableOffset() >= to) {
        break;
      }
    }
    return found;
  }

  /** The log begins at this offset. */
  void forgetBelow(long startOffset) {
    aborted.subList(0, slotOf(startOffset)).clear();
  }

  /** Of those with markers from {@code from} to {@code to}, only these are left. */
  void replaceAborted(long from, long to, List<AbortedTransaction> left) {
    List<AbortedTransaction> range = aborted.subList(slotOf(from), slotOf(to));
    range.clear();
    range.addAll(left);
  }

  /** The first one whose marker is at or behind the offset. */
  private int slotOf(long offset) {
    int low = 0;
    int high = aborted.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (aborted.get(middle).lastOffset() < offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
