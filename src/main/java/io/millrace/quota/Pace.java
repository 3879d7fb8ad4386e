package io.millrace.quota;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Whose turn it is when: each comes at least a fixed time behind the one before, but for as many at
 * once as were left out before.
 *
 * <p>Time comes in as an argument, of any monotonic clock in nanoseconds.
 *
 * <p>Owner: any thread.
 */
final class Pace {
  private final double burstSeconds;

  // Invariant: the turn of the next one, or earlier: grows by the distance with each turn.
  private final AtomicLong next;

  Pace(double burstSeconds, long nowNanos) {
    this.burstSeconds = burstSeconds;
    this.next = new AtomicLong(nowNanos - (long) (burstSeconds * TimeUnit.SECONDS.toNanos(1)));
  }

  private long floor(long nowNanos) {
    return nowNanos - (long) (burstSeconds * TimeUnit.SECONDS.toNanos(1));
  }

  /** How long until a turn, without taking it; 0 = it may be taken at once. */
  long waitNanos(long nowNanos) {
    return Math.max(0, next.get() - nowNanos);
  }

  /** Takes the next turn, and says how long until then. */
  long take(double perSecond, long nowNanos) {
    long distance = (long) (TimeUnit.SECONDS.toNanos(1) / perSecond);
    long floor = floor(nowNanos);
    long turn = next.getAndUpdate(at -> (at - floor < 0 ? floor : at) + distance);
    return Math.max(0, turn - nowNanos);
  }

  /** Whether a new one would be the same. */
  boolean isIdle(long nowNanos) {
    return next.get() - floor(nowNanos) <= 0;
  }
}
