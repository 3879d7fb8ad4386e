package io.millrace.quota;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * So many bytes per second, on average. What is spent pushes on the moment until which the rate is
 * used up; what is not spent is kept for one second. A single large spending is let through, and
 * paid for by the wait behind it.
 *
 * <p>Time comes in as an argument, of any monotonic clock in nanoseconds.
 *
 * <p>Owner: any thread.
 */
public final class ByteRate {
  /** No limit. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  private static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private volatile long bytesPerSecond = UNLIMITED;

  // Invariant: grows by the time that what is spent takes at the rate.
  private final AtomicLong paidUntilNanos;

  /** Without a limit. */
  public ByteRate(long nowNanos) {
    paidUntilNanos = new AtomicLong(nowNanos);
  }

  /** The rate from now on; what was spent under another one is forgotten. */
  public void limit(long newBytesPerSecond, long nowNanos) {
    if (newBytesPerSecond <= 0) {
      throw new IllegalArgumentException("A rate of " + newBytesPerSecond + " bytes per second");
    }
    if (newBytesPerSecond != bytesPerSecond) {
      bytesPerSecond = newBytesPerSecond;
      paidUntilNanos.set(nowNanos);
    }
  }

  public void spend(long bytes, long nowNanos) {
    long rate = bytesPerSecond;
    if (rate != UNLIMITED) {
      long takes = (long) ((double) bytes * TimeUnit.SECONDS.toNanos(1) / rate);
      paidUntilNanos.updateAndGet(
          until -> nowNanos + Math.max(until - nowNanos, -KEPT_NANOS) + takes);
    }
  }

  /** Whether nothing may be spent at the moment. */
  public boolean isSpent(long nowNanos) {
    return bytesPerSecond != UNLIMITED && paidUntilNanos.get() - nowNanos > 0;
  }

  /** How long nothing may be spent; 0 = something may be now. */
  public long waitMs(long nowNanos) {
    return isSpent(nowNanos)
        ? TimeUnit.NANOSECONDS.toMillis(paidUntilNanos.get() - nowNanos) + 1
        : 0;
  }
}
