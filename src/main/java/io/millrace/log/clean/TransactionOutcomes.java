package io.millrace.log.clean;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which transactional batches of a range of a log were aborted, as its markers say. The range is
 * told batch by batch, in order.
 *
 * <p>Owner: log directory worker.
 */
public final class TransactionOutcomes {
  /** First offset of the transaction in progress, by producer. */
  private final Map<Long, Long> open = new HashMap<>();

  /** By producer: first offset of an aborted transaction to the offset of its marker. */
  private final Map<Long, TreeMap<Long, Long>> aborted = new HashMap<>();

  public TransactionOutcomes() {}

  /** A batch of a transaction. */
  public void onBatch(long producerId, long baseOffset) {
    open.putIfAbsent(producerId, baseOffset);
  }

  /** The end of a producer's transaction. */
  public void onMarker(long producerId, long offset, boolean commits) {
    Long first = open.remove(producerId);
    if (first != null && !commits) {
      aborted.computeIfAbsent(producerId, key -> new TreeMap<>()).put(first, offset);
    }
  }

  /** Whether the transactional batch that starts here was aborted. */
  public boolean isAborted(long producerId, long baseOffset) {
    TreeMap<Long, Long> ranges = aborted.get(producerId);
    Map.Entry<Long, Long> range = ranges == null ? null : ranges.floorEntry(baseOffset);
    return range != null && baseOffset < range.getValue();
  }

  /**
   * First offset of the transactions whose markers are not in the range; {@link Long#MAX_VALUE} =
   * all are.
   */
  public long undecidedFrom() {
    return open.values().stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE);
  }
}
