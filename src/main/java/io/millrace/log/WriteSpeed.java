package io.millrace.log;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whether a log directory takes writes fast enough for event loops. One slow write makes it slow;
 * then the worker writes, until enough writes in a row were fast.
 *
 * <p>Owner: any thread.
 */
final class WriteSpeed {
  private static final int FAST_WRITES = 32;

  private final long slowNanos;

  /** Fast writes still to be seen before the loops write again; 0 = fast. */
  private final AtomicInteger missing = new AtomicInteger();

  WriteSpeed(long slowNanos) {
    this.slowNanos = slowNanos;
  }

  boolean slow() {
    return missing.get() > 0;
  }

  void onWriteTook(long nanos) {
    if (nanos > slowNanos) {
      missing.set(FAST_WRITES);
    } else if (missing.get() > 0) {
      missing.updateAndGet(n -> Math.max(0, n - 1));
    }
  }
}
