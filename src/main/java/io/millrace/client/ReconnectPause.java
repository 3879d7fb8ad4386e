package io.millrace.client;

import java.util.concurrent.ThreadLocalRandom;

/**
 * The pause before the next attempt to connect: longer after each failure, none after a connection
 * that has lasted.
 *
 * <p>Owner: connection loop.
 */
final class ReconnectPause {
  /** So many that the pause is the longest. */
  private static final int MANY_FAILURES = 10;

  private final PeerLimits limits;

  /** Attempts that failed since the last connection, at most {@value #MANY_FAILURES}. */
  private int failures;

  private long openedNanos;
  private long endNanos = System.nanoTime();

  ReconnectPause(PeerLimits limits) {
    this.limits = limits;
  }

  /** Zero or less = it is over. */
  long leftNanos() {
    return endNanos - System.nanoTime();
  }

  /** There is a connection. */
  void onOpen() {
    failures = 0;
    openedNanos = System.nanoTime();
  }

  /** The connection is lost. */
  void onLost() {
    long now = System.nanoTime();
    boolean lasted = now - openedNanos > limits.maxBackoffMs() * 1_000_000L;
    endNanos = now + (lasted ? 0 : nanosAfter(0));
  }

  /** The other end will not change its mind soon: the failure that follows counts for many. */
  void onRefusedForGood() {
    failures = MANY_FAILURES;
  }

  /** An attempt has failed. */
  void onFailed() {
    endNanos = System.nanoTime() + nanosAfter(failures);
    failures = Math.min(failures + 1, MANY_FAILURES);
  }

  /** Between half and all of the pause, so that nodes do not come all at once. */
  private long nanosAfter(int failed) {
    long ms = Math.min(limits.maxBackoffMs(), (long) limits.minBackoffMs() << failed);
    return (long) (ms * 1_000_000L * (0.5 + ThreadLocalRandom.current().nextDouble() / 2));
  }
}
