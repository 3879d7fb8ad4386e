package io.millrace.coordinator.shard;

import java.util.function.Supplier;

/**
 * The timers of one shard. An expired timer is a command: it decides, and the runtime appends,
 * replays and replies. Exact to about 100 ms; never early.
 *
 * <p>Owner: partition loop.
 */
public interface Timers {
  /** Sets a timer, in the place of one with the same key. */
  void schedule(String key, long delayMs, Supplier<Decision> onExpired);

  /** Ends a timer; nothing if there is none with this key. */
  void cancel(String key);

  /** Wall time in ms, as of the command that runs. */
  long nowMs();
}
