package io.millrace.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventLoopLagTest {
  private final Vertx vertx = Vertx.vertx();

  /** Hands each recorded duration to the test. */
  private static final class Recorded implements Metrics {
    private final BlockingQueue<Long> nanos = new LinkedBlockingQueue<>();

    @Override
    public Counter counter(String name, String help, String... labels) {
      return amount -> {};
    }

    @Override
    public Timer timer(String name, String help, String... labels) {
      return nanos::add;
    }

    @Override
    public void gauge(String name, String help, DoubleSupplier value, String... labels) {}

    @Override
    public void removeGauge(String name, String... labels) {}
  }

  @AfterEach
  void close() {
    vertx.close().await();
  }

  @Test
  void shouldRecordHowMuchLaterThanPlannedATickRuns() throws InterruptedException {
    Context loop = ((VertxInternal) vertx).createEventLoopContext();
    Recorded recorded = new Recorded();
    // With each look at it the clock moves 30 ms more than a tick is planned ahead.
    AtomicLong clock = new AtomicLong();
    LongSupplier nanos =
        () -> clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(EventLoopLag.PERIOD_MS + 30));

    EventLoopLag lag = new EventLoopLag(recorded, List.of(loop), nanos);

    assertThat(recorded.nanos.poll(10, TimeUnit.SECONDS))
        .isEqualTo(TimeUnit.MILLISECONDS.toNanos(30));
    lag.close();
  }

  @Test
  void shouldKeepTickingUntilItIsClosed() throws InterruptedException {
    Context loop = ((VertxInternal) vertx).createEventLoopContext();
    Recorded recorded = new Recorded();
    EventLoopLag lag = new EventLoopLag(recorded, List.of(loop), System::nanoTime);
    for (int i = 0; i < 3; i++) {
      assertThat(recorded.nanos.poll(10, TimeUnit.SECONDS)).isNotNull();
    }

    lag.close();

    BlockingQueue<String> stopped = new LinkedBlockingQueue<>();
    loop.runOnContext(v -> stopped.add("stopped"));
    stopped.poll(10, TimeUnit.SECONDS);
    recorded.nanos.clear();
    assertThat(recorded.nanos.poll(3 * EventLoopLag.PERIOD_MS, TimeUnit.MILLISECONDS)).isNull();
  }
}
