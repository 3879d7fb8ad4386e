package io.millrace.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SampledRateTest {
  private static final QuotaWindows WINDOWS = new QuotaWindows(11, 1);

  /** The very beginning of a window, so that ten seconds count at first. */
  private static final long START = TimeUnit.SECONDS.toNanos(-5);

  private final SampledRate rate = new SampledRate(WINDOWS);

  private static long at(double seconds) {
    return START + (long) (seconds * 1e9);
  }

  @Test
  void shouldCountEmptyWindowsFromTheBeginningOn() {
    rate.add(1_000, START);
    assertThat(rate.perSecond(START)).isEqualTo(100);
    assertThat(rate.perSecond(at(0.5))).isCloseTo(95.2, within(0.1));
  }

  @Test
  void shouldLetThroughWhatAllWindowsTogetherMayHave() {
    rate.add(1_000, START);
    assertThat(rate.throttleMs(100, START)).isZero();
    rate.add(1, START);
    assertThat(rate.throttleMs(100, START)).isPositive();
  }

  @Test
  void shouldWaitUntilTheRateIsAtItsLimit() {
    rate.add(2_000, START);
    // 200 a second over 10 s, limit 100: as in KIP-13, (200 - 100) / 100 * 10 s.
    assertThat(rate.throttleMs(100, START)).isEqualTo(10_000);
  }

  @Test
  void shouldForgetWhatIsOlderThanAllWindows() {
    rate.add(1_000, START);
    assertThat(rate.used(at(10.9))).isEqualTo(1_000);
    assertThat(rate.used(at(11))).isZero();
    assertThat(rate.isIdle(at(11))).isTrue();
  }

  @Test
  void shouldUseAWindowsPlaceAgain() {
    for (int second = 0; second < 40; second++) {
      rate.add(100, at(second));
    }
    assertThat(rate.used(at(39.5))).isEqualTo(1_100);
  }

  @Test
  void shouldTakeBack() {
    rate.add(500, START);
    rate.add(-500, at(0.1));
    assertThat(rate.used(at(0.2))).isZero();
  }

  @Test
  void shouldLoseNothingThatIsAddedAtOnce() throws InterruptedException {
    Thread[] threads = new Thread[4];
    for (int i = 0; i < threads.length; i++) {
      threads[i] =
          new Thread(
              () -> {
                for (int n = 0; n < 100_000; n++) {
                  rate.add(1, at(n / 20_000.0));
                }
              });
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(rate.used(at(5))).isEqualTo(400_000);
  }

  @Test
  void shouldWorkWithOneWindow() {
    SampledRate single = new SampledRate(new QuotaWindows(1, 1));
    single.add(200, START);
    assertThat(single.perSecond(START)).isEqualTo(200);
    assertThat(single.throttleMs(100, START)).isEqualTo(1_000);
  }
}
