package io.millrace.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TokenBucketTest {
  private static final long S = TimeUnit.SECONDS.toNanos(1);

  private final TokenBucket bucket = new TokenBucket(10);

  @Test
  void shouldBeFullAtFirst() {
    assertThat(bucket.tokens(2, 0)).isEqualTo(20);
    assertThat(bucket.isIdle(2, 0)).isTrue();
  }

  @Test
  void shouldOweWhatOneTakesOnTop() {
    assertThat(bucket.tryTake(25, 2, 0)).isTrue();
    assertThat(bucket.tokens(2, 0)).isEqualTo(-5);
    assertThat(bucket.throttleMs(2, 0)).isEqualTo(2_500);
    assertThat(bucket.tryTake(1, 2, 2 * S)).isFalse();
    assertThat(bucket.tryTake(1, 2, 3 * S)).isTrue();
  }

  @Test
  void shouldLetThroughWithoutPermitsWhoIsNotRefused() {
    bucket.take(25, 2, 0);
    bucket.take(5, 2, 0);
    assertThat(bucket.throttleMs(2, 0)).isEqualTo(5_000);
  }

  @Test
  void shouldKeepNoMoreThanTheBurst() {
    bucket.take(20, 2, 0);
    assertThat(bucket.tokens(2, 1_000 * S)).isEqualTo(20);
  }

  @Test
  void shouldFollowANewRate() {
    bucket.take(20, 2, 0);
    assertThat(bucket.tokens(4, S)).isEqualTo(4);
  }
}
