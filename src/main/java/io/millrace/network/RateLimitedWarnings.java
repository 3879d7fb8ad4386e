package io.millrace.network;

import io.millrace.model.Cooldown;
import org.slf4j.Logger;

/**
 * One warning a second at most; the next one says how many were left out. So a client that
 * misbehaves without end cannot fill the disk with its complaints.
 *
 * <p>Owner: any thread.
 */
final class RateLimitedWarnings {
  private static final long INTERVAL_NANOS = 1_000_000_000L;

  private final Logger logger;
  private final Cooldown cooldown = new Cooldown(INTERVAL_NANOS, System.nanoTime());

  RateLimitedWarnings(Logger logger) {
    this.logger = logger;
  }

  void warn(String format, Object first, Object second) {
    long leftOut = cooldown.enter(System.nanoTime());
    if (leftOut == 0) {
      logger.warn(format, first, second);
    } else if (leftOut > 0) {
      logger.warn(format + " ({} more such warnings left out)", first, second, leftOut);
    }
  }
}
