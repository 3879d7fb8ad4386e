package io.millrace.coordinator;

import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Timers;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The timers of one shard. A timer that is put off again and again, as a member's session is by
 * each heartbeat, costs a look-up and nothing else: its place in the queue stays, and is checked
 * when its turn comes.
 *
 * <p>Owner: partition loop.
 */
final class ShardTimers implements Timers {
  private static final long GRAIN_MS = 50;

  /** One timer. Dead once it has fired or was cancelled. */
  private static final class Timer {
    final String key;
    Supplier<Decision> onExpired;
    long deadlineMs;
    // The earliest place in the queue that is this timer's.
    long queuedAtMs = Long.MAX_VALUE;

    Timer(String key) {
      this.key = key;
    }
  }

  private record Place(long atMs, Timer timer) {}

  private final Loop loop;
  private final Clock clock;
  private final Consumer<Supplier<Decision>> runner;
  private final Map<String, Timer> byKey = new HashMap<>();
  private final PriorityQueue<Place> queue =
      new PriorityQueue<>((a, b) -> Long.compare(a.atMs, b.atMs));
  // When the loop will call next; Long.MAX_VALUE = it will not.
  private long wakeAtMs = Long.MAX_VALUE;
  private boolean closed;

  /** Timers that hand what expired to {@code runner}, on the loop. */
  ShardTimers(Loop loop, Clock clock, Consumer<Supplier<Decision>> runner) {
    this.loop = loop;
    this.clock = clock;
    this.runner = runner;
  }

  @Override
  public void schedule(String key, long delayMs, Supplier<Decision> onExpired) {
    if (closed) {
      return;
    }
    Timer timer = byKey.computeIfAbsent(key, Timer::new);
    timer.onExpired = onExpired;
    timer.deadlineMs = monotonicMs() + Math.max(0, delayMs);
    if (timer.queuedAtMs > timer.deadlineMs) {
      enqueue(timer);
    }
  }

  private void enqueue(Timer timer) {
    timer.queuedAtMs = timer.deadlineMs;
    queue.add(new Place(timer.deadlineMs, timer));
    wakeAt(timer.deadlineMs);
  }

  @Override
  public void cancel(String key) {
    Timer timer = byKey.remove(key);
    if (timer != null) {
      timer.onExpired = null;
    }
  }

  @Override
  public long nowMs() {
    return clock.wallMs();
  }

  /** Ends all timers, for good. */
  void close() {
    closed = true;
    byKey.clear();
    queue.clear();
  }

  private long monotonicMs() {
    // Rounded up, so that a timer is never early.
    return TimeUnit.NANOSECONDS.toMillis(clock.nanos()) + 1;
  }

  private void wakeAt(long atMs) {
    if (atMs < wakeAtMs) {
      long delayMs = Math.max(GRAIN_MS, atMs - monotonicMs() + 1);
      long wake = monotonicMs() + delayMs;
      wakeAtMs = wake;
      loop.schedule(delayMs, () -> onWake(wake));
    }
  }

  private void onWake(long wake) {
    if (wake != wakeAtMs) {
      // An earlier one was set meanwhile, and takes care of the rest.
      return;
    }
    wakeAtMs = Long.MAX_VALUE;
    try {
      fireDue();
    } finally {
      if (!closed && !queue.isEmpty()) {
        wakeAt(queue.peek().atMs);
      }
    }
  }

  private void fireDue() {
    long nowMs = monotonicMs() - 1;
    while (!closed && !queue.isEmpty() && queue.peek().atMs <= nowMs) {
      Place place = queue.poll();
      Timer timer = place.timer;
      if (timer.onExpired == null || place.atMs != timer.queuedAtMs) {
        continue;
      }
      if (timer.deadlineMs > nowMs) {
        enqueue(timer);
        continue;
      }
      byKey.remove(timer.key);
      Supplier<Decision> onExpired = timer.onExpired;
      timer.onExpired = null;
      runner.accept(onExpired);
    }
  }
}
