package io.millrace.it;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * When something was acknowledged, and so for how long nothing was.
 *
 * <p>Owner: any thread.
 */
final class ChaosGaps {
  /**
   * A time without an acknowledgement.
   *
   * @param fromNs when it began
   */
  record Gap(long fromNs, Duration length) {}

  private final List<Long> acknowledgedNs = new ArrayList<>();

  /** Something is acknowledged now. */
  synchronized void acknowledged() {
    acknowledgedNs.add(System.nanoTime());
  }

  /** The longest time without an acknowledgement that touches what lies between two moments. */
  synchronized Gap longest(long fromNs, long toNs) {
    Gap longest = new Gap(fromNs, Duration.ZERO);
    long last = fromNs;
    for (long at : acknowledgedNs) {
      longest = longer(longest, last, Math.min(at, toNs), fromNs);
      last = Math.min(at, toNs);
    }
    return longer(longest, last, toNs, fromNs);
  }

  private static Gap longer(Gap longest, long last, long at, long fromNs) {
    Duration length = Duration.ofNanos(at - last);
    return at - fromNs > 0 && length.compareTo(longest.length) > 0
        ? new Gap(last, length)
        : longest;
  }
}
