package io.millrace.coordinator;

import io.millrace.coordinator.shard.Decision;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Decisions whose replies wait for a commit, in the order in which they were made. Pure.
 *
 * <p>Owner: partition loop.
 */
final class ReplyQueue {
  private record Waiting(long endOffset, long deadlineMs, Decision decision) {}

  // Invariant: offsets and deadlines never decrease from head to tail.
  private final ArrayDeque<Waiting> queue = new ArrayDeque<>();

  /**
   * Adds a decision.
   *
   * @param endOffset the decision is released when everything below it is committed
   * @param deadlineMs monotonic time at which it has waited for too long
   */
  void add(long endOffset, long deadlineMs, Decision decision) {
    queue.add(new Waiting(endOffset, deadlineMs, decision));
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  /** Takes out the next decision that rests on committed records only; null = none. */
  Decision poll(long highWatermark) {
    Waiting head = queue.peek();
    return head != null && head.endOffset <= highWatermark ? queue.poll().decision : null;
  }

  /** Takes out the next decision that has waited for too long; null = none. */
  Decision pollExpired(long nowMs) {
    Waiting head = queue.peek();
    return head != null && head.deadlineMs <= nowMs ? queue.poll().decision : null;
  }

  /** Takes out all that rest on a record at or above this offset. */
  List<Decision> removeAbove(long offset) {
    List<Decision> removed = new ArrayList<>();
    queue.removeIf(
        waiting -> {
          boolean above = waiting.endOffset > offset;
          if (above) {
            removed.add(waiting.decision);
          }
          return above;
        });
    return removed;
  }
}
