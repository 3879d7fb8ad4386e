package io.millrace.quota;

import java.util.concurrent.TimeUnit;

/**
 * Over which time a rate is looked at ({@code quota.window.num} and {@code
 * quota.window.size.seconds}, or those of {@code controller.quota}).
 *
 * @param count windows, the one that is being filled included
 * @param seconds of each
 *     <p>Owner: immutable.
 */
public record QuotaWindows(int count, int seconds) {
  /** Kafka's. */
  public static final QuotaWindows DEFAULT = new QuotaWindows(11, 1);

  public QuotaWindows {
    if (count < 1 || seconds < 1) {
      throw new IllegalArgumentException(count + " windows of " + seconds + " s");
    }
  }

  long nanos() {
    return TimeUnit.SECONDS.toNanos(seconds);
  }

  /** In how many seconds a burst must be made up for. */
  public double burstSeconds() {
    return (double) Math.max(1, count - 1) * seconds;
  }
}
