package io.millrace.cli.bench;

import java.util.concurrent.locks.LockSupport;

/**
 * Spreads work evenly over time. Latency counts from the moment when the work was due, not from
 * when a late sender got to it: else a stall would hide itself (coordinated omission).
 *
 * <p>Owner: the sending thread.
 */
final class Pace {
  /** A shorter wait would cost more than it gives. */
  private static final long SHORTEST_WAIT_NANOS = 50_000;

  private final double nanosEach;
  private final long startNanos;

  /**
   * Starts now.
   *
   * @param perSecond how often; 0 or less = as fast as possible
   */
  Pace(double perSecond) {
    nanosEach = perSecond > 0 ? 1e9 / perSecond : 0;
    startNanos = System.nanoTime();
  }

  /** Waits until the piece of work with this index (from 0) is due, and says when that was. */
  long await(long index) {
    if (nanosEach == 0) {
      return System.nanoTime();
    }
    long due = startNanos + (long) (index * nanosEach);
    for (long left = due - System.nanoTime();
        left > SHORTEST_WAIT_NANOS;
        left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
    return due;
  }
}
