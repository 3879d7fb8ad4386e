package io.millrace.api.fetch;

import io.millrace.model.Clock;
import io.millrace.model.Loop;

/**
 * The deadlines of all parked requests of one loop: buckets of 16 ms and a timer for the first that
 * holds anything, so that a loop whose requests wait long stays asleep. A deadline is met up to one
 * bucket late, never early.
 *
 * <p>Owner: connection loop.
 */
final class DeadlineWheel {
  private static final int TICK_MS = 16;
  private static final int BUCKETS = 256;

  /**
   * Something that ends at a moment. Linked into its bucket itself, so that adding and removing
   * allocate nothing.
   */
  abstract static class Entry {
    private Entry previous;
    private Entry next;
    private long tick;

    /** The deadline has come; the entry is no longer in the wheel. */
    abstract void onDeadline();
  }

  private static final class Head extends Entry {
    Head() {
      super.previous = this;
      super.next = this;
    }

    @Override
    void onDeadline() {
      throw new IllegalStateException("a bucket has no deadline");
    }
  }

  private final Loop loop;
  private final Clock clock;
  private final long originNanos;
  private final Head[] buckets = new Head[BUCKETS];
  // Invariant: number of linked entries.
  private int size;
  // Invariant: every entry with tick <= this one has been called.
  private long currentTick;
  // When the earliest timer that counts comes; a later one that was set before it finds nothing to
  // do. MAX_VALUE = none is set.
  private long wakeTick = Long.MAX_VALUE;

  DeadlineWheel(Loop loop, Clock clock) {
    this.loop = loop;
    this.clock = clock;
    this.originNanos = clock.nanos();
    for (int i = 0; i < BUCKETS; i++) {
      buckets[i] = new Head();
    }
  }

  /** The time by which it goes. */
  long nanos() {
    return clock.nanos();
  }

  void add(Entry entry, long delayMs) {
    long now = nowTick();
    if (size == 0) {
      currentTick = now;
    }
    entry.tick = Math.max(now, currentTick) + delayMs / TICK_MS + 1;
    Head head = buckets[(int) (entry.tick % BUCKETS)];
    entry.previous = ((Entry) head).previous;
    entry.next = head;
    entry.previous.next = entry;
    ((Entry) head).previous = entry;
    size++;
    if (entry.tick < wakeTick) {
      wakeAt(entry.tick, now);
    }
  }

  /** Takes an entry out; one that is not in is left alone. */
  void remove(Entry entry) {
    if (entry.next != null) {
      entry.previous.next = entry.next;
      entry.next.previous = entry.previous;
      entry.next = null;
      entry.previous = null;
      size--;
    }
  }

  /** How many wait; from other threads a figure of a moment ago. */
  int size() {
    return size;
  }

  private long nowTick() {
    return (clock.nanos() - originNanos) / (TICK_MS * 1_000_000L);
  }

  private void wakeAt(long tick, long now) {
    wakeTick = tick;
    loop.schedule((tick - now) * TICK_MS, this::tick);
  }

  private void tick() {
    long now = nowTick();
    if (wakeTick > now) {
      return;
    }
    wakeTick = Long.MAX_VALUE;
    // After a long pause one round over all buckets finds everything that is due.
    long from = Math.max(currentTick + 1, now - BUCKETS + 1);
    for (long t = from; t <= now; t++) {
      expire(buckets[(int) (t % BUCKETS)], now);
    }
    currentTick = Math.max(currentTick, now);
    long next = nextTick(now);
    if (next < wakeTick) {
      wakeAt(next, now);
    }
  }

  /** When the next bucket with anything in it comes; its entries may be of a later round. */
  private long nextTick(long now) {
    if (size > 0) {
      for (long t = now + 1; t <= now + BUCKETS; t++) {
        Entry head = buckets[(int) (t % BUCKETS)];
        if (head.next != head) {
          return t;
        }
      }
    }
    return Long.MAX_VALUE;
  }

  private void expire(Head head, long now) {
    Entry entry = ((Entry) head).next;
    while (entry != head) {
      Entry following = entry.next;
      if (entry.tick <= now) {
        remove(entry);
        entry.onDeadline();
        // The call may have changed the bucket; a bucket holds few entries, so look again from its
        // start.
        following = ((Entry) head).next;
      }
      entry = following;
    }
  }
}
