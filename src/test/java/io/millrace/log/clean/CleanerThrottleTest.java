package io.millrace.log.clean;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CleanerThrottleTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** Near the overflow, which a monotonic clock may pass. */
  private long now = Long.MAX_VALUE - SECOND;

  @Test
  void shouldWaitForNothingWithoutALimit() {
    CleanerThrottle throttle = new CleanerThrottle(Double.MAX_VALUE);
    assertThat(throttle.onBytes(Long.MAX_VALUE, now)).isEqualTo(now);
  }

  @Test
  void shouldKeepToTheRateOnAverage() {
    CleanerThrottle throttle = new CleanerThrottle(1_000_000);
    long begun = now;
    for (int i = 0; i < 40; i++) {
      now += SECOND / 1000; // the work itself
      long until = throttle.onBytes(100_000, now);
      now = until - now > 0 ? until : now;
    }
    assertThat(now - begun).isBetween(4 * SECOND - SECOND / 10, 4 * SECOND + SECOND / 10);
  }

  @Test
  void shouldShareTheRateAmongThreads() {
    CleanerThrottle throttle = new CleanerThrottle(1_000_000);
    throttle.onBytes(500_000, now);
    assertThat(throttle.onBytes(500_000, now) - now).isEqualTo(SECOND);
  }

  @Test
  void shouldNotSaveUpARest() {
    CleanerThrottle throttle = new CleanerThrottle(1_000_000);
    throttle.onBytes(1, now);
    now += 3600 * SECOND;
    assertThat(throttle.onBytes(1_000_000, now) - now).isGreaterThan(SECOND * 8 / 10);
  }

  @Test
  void shouldForgiveTheDebtOfAnotherRate() {
    CleanerThrottle throttle = new CleanerThrottle(1);
    assertThat(throttle.onBytes(1_000_000, now) - now).isEqualTo(1_000_000 * SECOND);
    throttle.rate(1_000_000);
    assertThat(throttle.onBytes(1_000_000, now) - now).isEqualTo(SECOND);
  }
}
