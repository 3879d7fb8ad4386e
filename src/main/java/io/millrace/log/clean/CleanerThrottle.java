package io.millrace.log.clean;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * How fast all cleaner threads of a node together may read and write. Who has moved bytes asks how
 * long to wait before the next ones. A rest is not saved up beyond a moment, so that no burst
 * follows it; a new rate forgives what is owed by the old one, so that it acts at once.
 *
 * <p>Owner: any thread.
 */
public final class CleanerThrottle {
  /** So long a rest is made good by moving faster. */
  private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final long NANOS_OF_SECOND = TimeUnit.SECONDS.toNanos(1);

  /** No single wait is longer, whatever the rate: 10 years. */
  private static final double LONGEST_NANOS = TimeUnit.DAYS.toNanos(3650);

  /**
   * What is owed.
   *
   * @param rate bytes per second
   * @param paidNanos at this time all bytes so far are paid at the rate; none were yet if {@code
   *     fresh}
   */
  private record Debt(double rate, boolean fresh, long paidNanos) {}

  private final AtomicReference<Debt> debt;

  /** A throttle with this rate; {@link Double#MAX_VALUE} = without limit. */
  public CleanerThrottle(double bytesPerSecond) {
    debt = new AtomicReference<>(new Debt(bytesPerSecond, true, 0));
  }

  /** Bytes per second. */
  public double rate() {
    return debt.get().rate;
  }

  /** Another rate, from now on. */
  public void rate(double bytesPerSecond) {
    debt.set(new Debt(bytesPerSecond, true, 0));
  }

  /**
   * Notes that bytes were read or written.
   *
   * @param nowNanos monotonic
   * @return until when, on the same clock, to wait; at most {@code nowNanos} = go on
   */
  public long onBytes(long bytes, long nowNanos) {
    while (true) {
      Debt old = debt.get();
      if (old.rate == Double.MAX_VALUE) {
        return nowNanos;
      }
      long from = nowNanos - BURST_NANOS;
      if (!old.fresh && old.paidNanos - from > 0) {
        from = old.paidNanos;
      } else if (old.fresh) {
        from = nowNanos;
      }
      long paid = from + (long) Math.min(LONGEST_NANOS, bytes / old.rate * NANOS_OF_SECOND);
      if (debt.compareAndSet(old, new Debt(old.rate, false, paid))) {
        return paid;
      }
    }
  }
}
