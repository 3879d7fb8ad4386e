package io.millrace.model;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Time that stands still until a test moves it.
 *
 * <p>Owner: any thread.
 */
public final class ManualClock implements Clock {
  private final AtomicLong nowNanos;

  public ManualClock() {
    this(TimeUnit.SECONDS.toNanos(1));
  }

  /** A clock that begins here; below zero as well, since only differences mean something. */
  public ManualClock(long nowNanos) {
    this.nowNanos = new AtomicLong(nowNanos);
  }

  @Override
  public long wallMs() {
    return TimeUnit.NANOSECONDS.toMillis(nanos());
  }

  @Override
  public long nanos() {
    return nowNanos.get();
  }

  public void advanceMs(long ms) {
    advanceNanos(TimeUnit.MILLISECONDS.toNanos(ms));
  }

  public void advanceNanos(long nanos) {
    nowNanos.addAndGet(nanos);
  }
}
