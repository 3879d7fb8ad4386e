package io.millrace.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.ManualClock;
import org.junit.jupiter.api.Test;

class ByteRateTest {
  private final ManualClock clock = new ManualClock();
  private final ByteRate rate = new ByteRate(clock.nanos());

  private void spend(long bytes) {
    rate.spend(bytes, clock.nanos());
  }

  private boolean isSpent() {
    return rate.isSpent(clock.nanos());
  }

  @Test
  void shouldNotLimitWhatHasNoLimit() {
    spend(Long.MAX_VALUE / 2);
    assertThat(isSpent()).isFalse();
    assertThat(rate.waitMs(clock.nanos())).isZero();
  }

  @Test
  void shouldWaitAsLongAsWhatWasSpentTakes() {
    rate.limit(1_000, clock.nanos());
    spend(500);
    assertThat(isSpent()).isTrue();
    assertThat(rate.waitMs(clock.nanos())).isBetween(500L, 501L);
    clock.advanceMs(499);
    assertThat(isSpent()).isTrue();
    clock.advanceMs(1);
    assertThat(isSpent()).isFalse();
  }

  @Test
  void shouldKeepWhatIsNotSpentForASecond() {
    rate.limit(1_000, clock.nanos());
    clock.advanceMs(60_000);
    spend(1_000);
    assertThat(isSpent()).isFalse();
    spend(1);
    assertThat(isSpent()).isTrue();
  }

  @Test
  void shouldKeepTheRateOverAWhile() {
    rate.limit(1_000_000, clock.nanos());
    long spent = 0;
    for (int ms = 0; ms < 60_000; ms++) {
      clock.advanceMs(1);
      if (!isSpent()) {
        spend(50_000);
        spent += 50_000;
      }
    }
    assertThat(spent).isBetween(59_000_000L, 61_100_000L);
  }

  @Test
  void shouldForgetWhatWasSpentUnderAnotherLimit() {
    rate.limit(1, clock.nanos());
    spend(1_000_000);
    rate.limit(1_000, clock.nanos());
    assertThat(isSpent()).isFalse();
    rate.limit(1_000, clock.nanos());
    spend(1_000);
    rate.limit(1_000, clock.nanos());
    assertThat(isSpent()).isTrue();
  }

  @Test
  void shouldRefuseARateOfNothing() {
    assertThatThrownBy(() -> rate.limit(0, 0)).isInstanceOf(IllegalArgumentException.class);
  }
}
