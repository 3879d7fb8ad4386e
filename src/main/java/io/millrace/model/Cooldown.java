package io.millrace.model;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets something happen, such as a warning, once in an interval at most, and counts how often it
 * was left out.
 *
 * <p>Owner: any thread.
 */
public final class Cooldown {
  private final long intervalNanos;
  private final AtomicLong nextNanos;
  // Invariant: how often it was left out since it happened last.
  private final AtomicLong leftOut = new AtomicLong();

  /** From now on, when it may happen at once. */
  public Cooldown(long intervalNanos, long nowNanos) {
    this.intervalNanos = intervalNanos;
    this.nextNanos = new AtomicLong(nowNanos);
  }

  /** How often it was left out since it happened last; -1 = it is left out now too. */
  public long enter(long nowNanos) {
    long next = nextNanos.get();
    if (nowNanos - next < 0 || !nextNanos.compareAndSet(next, nowNanos + intervalNanos)) {
      leftOut.incrementAndGet();
      return -1;
    }
    return leftOut.getAndSet(0);
  }
}
