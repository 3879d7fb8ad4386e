package io.millrace.coordinator.group;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Whose transactions have ended lately in a shard's log. A commit whose transaction was verified
 * before it ended must not be appended after the end: nothing would ever end it.
 *
 * <p>Owner: partition loop.
 */
final class EndedTransactions {
  private final int limit;
  // The number of each producer's last end, the oldest first.
  private final Map<Long, Long> lastEnds = new LinkedHashMap<>();
  private long ends;
  // Up to this one (inclusive) it is not known any more whose they were.
  private long forgottenEnds;

  /**
   * None yet.
   *
   * @param limit of how many producers it keeps the last end
   */
  EndedTransactions(int limit) {
    this.limit = limit;
  }

  /** How many there were so far. */
  long count() {
    return ends;
  }

  void add(long producerId) {
    ends++;
    lastEnds.remove(producerId);
    lastEnds.put(producerId, ends);
    if (lastEnds.size() > limit) {
      Iterator<Long> oldest = lastEnds.values().iterator();
      forgottenEnds = oldest.next();
      oldest.remove();
    }
  }

  /** Whether the producer's transaction can have ended after the first {@code count} ends. */
  boolean endedAfter(long count, long producerId) {
    return count < forgottenEnds || lastEnds.getOrDefault(producerId, 0L) > count;
  }
}
