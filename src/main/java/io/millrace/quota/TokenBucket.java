package io.millrace.quota;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Permits that come at a rate and are kept up to a burst (KIP-599). Whoever finds any may take as
 * many as wanted: the bucket then owes them, and nobody finds any until they have come.
 *
 * <p>Time comes in as an argument, of any monotonic clock in nanoseconds.
 *
 * <p>Owner: any thread.
 */
public final class TokenBucket {
  private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

  /**
   * Permits at a time.
   *
   * @param tokens less than 0 = owed; null of the whole state = never used, and so full
   */
  private record Level(double tokens, long atNanos) {}

  private final double burstSeconds;
  private final AtomicReference<Level> level = new AtomicReference<>();

  /**
   * A full bucket.
   *
   * @param burstSeconds of so many seconds permits are kept
   */
  public TokenBucket(double burstSeconds) {
    this.burstSeconds = burstSeconds;
  }

  private double tokens(Level from, double perSecond, long nowNanos) {
    double burst = perSecond * burstSeconds;
    return from == null
        ? burst
        : Math.min(
            burst,
            from.tokens() + Math.max(0, nowNanos - from.atNanos()) / NANOS_PER_SECOND * perSecond);
  }

  /** Permits that are there; less than 0 = owed. */
  public double tokens(double perSecond, long nowNanos) {
    return tokens(level.get(), perSecond, nowNanos);
  }

  /**
   * Takes permits if none are owed.
   *
   * @return whether they were taken
   */
  public boolean tryTake(double permits, double perSecond, long nowNanos) {
    while (true) {
      Level from = level.get();
      double there = tokens(from, perSecond, nowNanos);
      if (there < 0) {
        return false;
      }
      if (level.compareAndSet(from, new Level(there - permits, nowNanos))) {
        return true;
      }
    }
  }

  /** Takes permits, whether or not they are there. */
  public void take(double permits, double perSecond, long nowNanos) {
    level.updateAndGet(from -> new Level(tokens(from, perSecond, nowNanos) - permits, nowNanos));
  }

  /** How long until no permits are owed; 0 = none are. */
  public long throttleMs(double perSecond, long nowNanos) {
    double there = tokens(perSecond, nowNanos);
    return there >= 0 ? 0 : Math.max(1, Math.round(-there / perSecond * 1000));
  }

  /** Whether it is full, so that it may be forgotten. */
  public boolean isIdle(double perSecond, long nowNanos) {
    return tokens(perSecond, nowNanos) >= perSecond * burstSeconds;
  }
}
