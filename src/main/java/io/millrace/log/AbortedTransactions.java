package io.millrace.log;

import java.util.ArrayList;
import java.util.List;

/**
 * The aborted transactions of a log, in the order of their markers: what the {@code .txnindex}
 * files of its segments hold or will hold.
 *
 * <p>Owner: partition loop.
 */
final class AbortedTransactions {
  private final List<TransactionIndexFile.Entry> entries = new ArrayList<>();

  /** Its marker comes behind all others. */
  void add(TransactionIndexFile.Entry entry) {
    entries.add(entry);
  }

  /**
   * Those that a reader of these offsets must know: all that can have records from {@code from}
   * (inclusive) to {@code to} (exclusive).
   */
  List<AbortedTransaction> between(long from, long to) {
    List<AbortedTransaction> found = new ArrayList<>();
    for (int i = firstAtOrAfter(from); i < entries.size(); i++) {
      TransactionIndexFile.Entry entry = entries.get(i);
      if (entry.firstOffset() < to) {
        found.add(new AbortedTransaction(entry.producerId(), entry.firstOffset()));
      }
      if (entry.lastStableOffset() >= to) {
        break; // whatever ends later began at or behind that offset
      }
    }
    return found;
  }

  /** Those whose markers lie from {@code from} (inclusive) to {@code to} (exclusive). */
  List<TransactionIndexFile.Entry> endedBetween(long from, long to) {
    return List.copyOf(range(from, to));
  }

  /** Those whose markers lie in this range are these now: compaction has removed the others. */
  void replace(long from, long to, List<TransactionIndexFile.Entry> left) {
    int at = firstAtOrAfter(from);
    range(from, to).clear();
    entries.addAll(at, left);
  }

  /** Forgets those that ended below {@code offset} (exclusive). */
  void removeBelow(long offset) {
    range(0, offset).clear();
  }

  /** Forgets those that ended at or above {@code offset}. */
  void removeFrom(long offset) {
    range(offset, Long.MAX_VALUE).clear();
  }

  private List<TransactionIndexFile.Entry> range(long from, long to) {
    int first = firstAtOrAfter(from);
    return entries.subList(first, Math.max(first, firstAtOrAfter(to)));
  }

  /** The first entry whose marker lies at this offset or behind it. */
  private int firstAtOrAfter(long offset) {
    int low = 0;
    int high = entries.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (entries.get(middle).lastOffset() < offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
