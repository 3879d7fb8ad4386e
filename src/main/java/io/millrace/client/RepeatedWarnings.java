package io.millrace.client;

import io.millrace.model.Cooldown;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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

  private final Logger logger;

  private final Map<String, Cooldown> seen = new ConcurrentHashMap<>();

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
    return seen.computeIfAbsent(key, any -> new Cooldown(INTERVAL_NANOS, nowNanos)).enter(nowNanos);
  }
}
