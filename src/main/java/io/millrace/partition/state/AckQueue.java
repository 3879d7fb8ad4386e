package io.millrace.partition.state;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Appends that wait until an offset is reached, in the order of their offsets. Pure.
 *
 * <p>Owner: partition loop.
 */
public final class AckQueue<T> {
  private record Waiting<T>(long offset, long deadlineMs, T item) {}

  // Invariant: offsets never decrease from head to tail.
  private final ArrayDeque<Waiting<T>> queue = new ArrayDeque<>();

  /**
   * Adds an append that is satisfied when the watched offset reaches {@code offset} (exclusive end
   * of its records). A duplicate may ask for less than the tail: it then waits behind it, at most a
   * moment longer than it must.
   */
  public void add(long offset, long deadlineMs, T item) {
    Waiting<T> last = queue.peekLast();
    long inOrder = last == null ? offset : Math.max(offset, last.offset);
    queue.add(new Waiting<>(inOrder, deadlineMs, item));
  }

  public boolean isEmpty() {
    return queue.isEmpty();
  }

  /** The next append that is satisfied at this offset, taken out; null = none. */
  public T poll(long reached) {
    Waiting<T> head = queue.peek();
    return head != null && head.offset <= reached ? queue.poll().item : null;
  }

  /** Takes out all whose deadline is over, wherever they stand. */
  public List<T> expire(long nowMs) {
    return takeIf(waiting -> waiting.deadlineMs <= nowMs);
  }

  /** Takes out all that wait for more than this offset. */
  public List<T> removeAbove(long offset) {
    return takeIf(waiting -> waiting.offset > offset);
  }

  private List<T> takeIf(java.util.function.Predicate<Waiting<T>> condition) {
    List<T> taken = new ArrayList<>();
    queue.removeIf(
        waiting -> {
          boolean matches = condition.test(waiting);
          if (matches) {
            taken.add(waiting.item);
          }
          return matches;
        });
    return taken;
  }
}
