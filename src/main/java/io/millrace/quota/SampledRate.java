package io.millrace.quota;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * How much was used per second in the last windows: Kafka's sampled rate (KIP-13), with windows at
 * fixed times. All windows but the newest count as full, also when nothing was used in them, so
 * that a burst behind a pause is let through.
 *
 * <p>Loops add to it at the same time, without a lock: each window is a counter, and whoever comes
 * first in a new one puts it into the ring. What is added to a window that has just left the ring
 * was too old to count.
 *
 * <p>Time comes in as an argument, of any monotonic clock in nanoseconds.
 *
 * <p>Owner: any thread.
 */
public final class SampledRate {
  private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final double NANOS_PER_MS = TimeUnit.MILLISECONDS.toNanos(1);

  /** What was used from {@code index} windows after the beginning of time on. */
  private record Window(long index, AtomicLong used) {}

  private final long windowNanos;
  private final AtomicReferenceArray<Window> ring;

  /** Nothing was used yet. */
  public SampledRate(QuotaWindows windows) {
    this.windowNanos = windows.nanos();
    this.ring = new AtomicReferenceArray<>(windows.count());
  }

  private long indexAt(long nowNanos) {
    return Math.floorDiv(nowNanos, windowNanos);
  }

  /** Adds what was used; less than 0 takes it back. */
  public void add(long amount, long nowNanos) {
    long index = indexAt(nowNanos);
    int slot = (int) Math.floorMod(index, (long) ring.length());
    Window window = ring.get(slot);
    while (window == null || window.index() < index) {
      Window fresh = new Window(index, new AtomicLong());
      window = ring.compareAndSet(slot, window, fresh) ? fresh : ring.get(slot);
    }
    window.used().addAndGet(amount);
  }

  /** What was used in all windows that count. */
  public long used(long nowNanos) {
    long oldest = indexAt(nowNanos) - ring.length() + 1;
    long used = 0;
    for (int i = 0; i < ring.length(); i++) {
      Window window = ring.get(i);
      if (window != null && window.index() >= oldest) {
        used += window.used().get();
      }
    }
    return used;
  }

  /** The time that {@link #used} is looked at over. */
  private double spanNanos(long nowNanos) {
    long begun = nowNanos - indexAt(nowNanos) * windowNanos;
    return Math.max((double) windowNanos, (ring.length() - 1.0) * windowNanos + begun);
  }

  /** Used per second. */
  public double perSecond(long nowNanos) {
    return used(nowNanos) / (spanNanos(nowNanos) / NANOS_PER_SECOND);
  }

  /**
   * How long nothing more should be used, so that the rate is back at its limit then; 0 = it is not
   * above it.
   *
   * @param limit per second, above 0
   */
  public long throttleMs(double limit, long nowNanos) {
    double rate = perSecond(nowNanos);
    return rate <= limit
        ? 0
        : Math.max(1, Math.round((rate - limit) / limit * spanNanos(nowNanos) / NANOS_PER_MS));
  }

  /** Whether nothing counts any more, so that it may be forgotten. */
  public boolean isIdle(long nowNanos) {
    long oldest = indexAt(nowNanos) - ring.length() + 1;
    for (int i = 0; i < ring.length(); i++) {
      Window window = ring.get(i);
      if (window != null && window.index() >= oldest) {
        return false;
      }
    }
    return true;
  }
}
