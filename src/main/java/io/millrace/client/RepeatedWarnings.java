package io.millrace.client;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;

/**
 * Warns of each thing once a minute at most, and says how often it has happened since: what another
 * node does wrong it does again at each attempt.
 *
 * <p>Owner: any thread.
 */
public final class RepeatedWarnings {
  private static final long INTERVAL_NANOS = 60_000_000_000L;
  private static final int MAX_KEYS = 100;

  private record Seen(long nanos, AtomicLong leftOut) {}

  private final Logger logger;

  private final Map<String, Seen> seen = new ConcurrentHashMap<>();

  public RepeatedWarnings(Logger logger) {
    this.logger = logger;
  }

  /** Warns, unless of the same key within the last minute. */
  public void warn(String key, String text) {
    long leftOut = enter(key, System.nanoTime());
    if (leftOut == 0) {
      logger.warn("{}", text);
    } else if (leftOut > 0) {
      logger.warn("{} (and {} times before)", text, leftOut);
    }
  }

  /** How often it was left out since it was last warned of; -1 = it is left out now. */
  long enter(String key, long nowNanos) {
    if (seen.size() >= MAX_KEYS) {
      // Rarely so many: better to warn once too often than to remember all.
      seen.clear();
    }
    Seen last = seen.putIfAbsent(key, new Seen(nowNanos, new AtomicLong()));
    if (last == null) {
      return 0;
    }
    if (nowNanos - last.nanos() < INTERVAL_NANOS
        || !seen.replace(key, last, new Seen(nowNanos, new AtomicLong()))) {
      last.leftOut().incrementAndGet();
      return -1;
    }
    return last.leftOut().get();
  }
}
