package io.millrace.metrics;

import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Measures how late each event loop is: a tick every second, and what it comes later than that is
 * how long a request may have waited for the loop.
 *
 * <p>Owner: any thread; each tick runs on its loop.
 */
public final class EventLoopLag implements AutoCloseable {
  /** Rare enough to cost an idle node nothing; how late ticks are says how long pauses are. */
  public static final long PERIOD_MS = 1_000;

  private final List<Ticker> tickers = new ArrayList<>();

  /**
   * Starts to measure.
   *
   * @param loops one context for each event loop
   * @param nanos a monotonic clock, such as {@link System#nanoTime}
   */
  public EventLoopLag(Metrics metrics, List<Context> loops, LongSupplier nanos) {
    for (int i = 0; i < loops.size(); i++) {
      Metrics.Timer timer =
          metrics.timer(
              "event_loop_lag_seconds",
              "How much later than planned a tick of the event loop ran",
              "loop",
              Integer.toString(i));
      Ticker ticker = new Ticker(loops.get(i), timer, nanos);
      tickers.add(ticker);
      loops.get(i).runOnContext(start -> ticker.start());
    }
  }

  /** Stops all ticks; each on its loop. */
  @Override
  public void close() {
    tickers.forEach(ticker -> ticker.context.runOnContext(stop -> ticker.stop()));
  }

  /**
   * The tick of one loop.
   *
   * <p>Owner: its event loop.
   */
  private static final class Ticker {
    private final Context context;
    private final Metrics.Timer timer;
    private final LongSupplier nanos;
    private long timerId = -1;
    private long dueNanos;
    private boolean stopped;

    Ticker(Context context, Metrics.Timer timer, LongSupplier nanos) {
      this.context = context;
      this.timer = timer;
      this.nanos = nanos;
    }

    void start() {
      if (!stopped) {
        plan(nanos.getAsLong());
      }
    }

    /** A single timer each time: late ticks of a periodic one would come in a burst. */
    private void plan(long nowNanos) {
      dueNanos = nowNanos + TimeUnit.MILLISECONDS.toNanos(PERIOD_MS);
      timerId = context.owner().setTimer(PERIOD_MS, this::tick);
    }

    private void tick(long id) {
      if (stopped) {
        return;
      }
      long now = nanos.getAsLong();
      timer.recordNanos(now - dueNanos);
      plan(now);
    }

    void stop() {
      stopped = true;
      context.owner().cancelTimer(timerId);
    }
  }
}
