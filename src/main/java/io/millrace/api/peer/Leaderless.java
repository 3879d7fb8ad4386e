package io.millrace.api.peer;

import java.util.concurrent.atomic.AtomicLong;

/**
 * For how long nobody has been known to lead. All commands share it: those that come when a node
 * has been cut off for a while are not to find out anew, each for itself.
 *
 * <p>Owner: any thread.
 */
final class Leaderless {
  private static final long SOMEBODY_LEADS = Long.MIN_VALUE;

  // Time in milliseconds since which nobody leads.
  private final AtomicLong since = new AtomicLong(SOMEBODY_LEADS);

  /**
   * Somebody has looked.
   *
   * @return for how long it has been seen that nobody leads, in milliseconds; 0 = somebody does
   */
  long observe(boolean led, long nowMs) {
    if (led) {
      since.set(SOMEBODY_LEADS);
      return 0;
    }
    since.compareAndSet(SOMEBODY_LEADS, nowMs);
    long begun = since.get();
    return begun == SOMEBODY_LEADS ? 0 : nowMs - begun;
  }
}
