package io.millrace.network;

import java.util.concurrent.atomic.AtomicLong;
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
  private final AtomicLong nextNanos = new AtomicLong(System.nanoTime());
  private final AtomicLong suppressed = new AtomicLong();

  RateLimitedWarnings(Logger logger) {
    this.logger = logger;
  }

  void warn(String format, Object first, Object second) {
    long now = System.nanoTime();
    long next = nextNanos.get();
    if (now - next < 0 || !nextNanos.compareAndSet(next, now + INTERVAL_NANOS)) {
      suppressed.incrementAndGet();
      return;
    }
    long left = suppressed.getAndSet(0);
    if (left == 0) {
      logger.warn(format, first, second);
    } else {
      logger.warn(format + " ({} more such warnings left out)", first, second, left);
    }
  }
}
