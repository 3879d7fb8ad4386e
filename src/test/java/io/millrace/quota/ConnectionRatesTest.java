package io.millrace.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.QuotaEntity;
import io.millrace.quota.ConnectionRates.Verdict;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ConnectionRatesTest {
  private static final long S = TimeUnit.SECONDS.toNanos(1);
  private static final QuotaWindows WINDOWS = new QuotaWindows(3, 1);

  private QuotaPlan plan = QuotaPlan.EMPTY;
  private final ConnectionRates rates = new ConnectionRates(() -> plan, WINDOWS, 0);

  @Test
  void shouldLetAllInWithoutLimits() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(rates.onConnected("10.0.0.1", 0)).isEqualTo(Verdict.AT_ONCE);
    }
  }

  @Test
  void shouldMakeThemWaitForTheirTurn() {
    rates.limit(10);
    for (int i = 0; i < 21; i++) { // a burst of two seconds, and the first
      assertThat(rates.onConnected("10.0.0.1", 0).afterMs()).isZero();
    }
    assertThat(rates.onConnected("10.0.0.2", 0)).isEqualTo(new Verdict(true, 101));
    assertThat(rates.onConnected("10.0.0.3", 0)).isEqualTo(new Verdict(true, 201));
    assertThat(rates.onConnected("10.0.0.3", 10 * S).afterMs()).isZero();
    assertThat(rates.delayed()).isEqualTo(2);
  }

  @Test
  void shouldNotKeepMoreWaitingThanComeInTenSeconds() {
    rates.limit(1);
    int admitted = 0;
    while (rates.onConnected("10.0.0.1", 0).admitted()) {
      admitted++;
    }
    assertThat(admitted).isBetween(13, 14);
    assertThat(rates.refused()).isOne();
  }

  @Test
  void shouldRefuseAnAddressThatComesTooOften() {
    plan =
        new QuotaPlan(Map.of(QuotaEntity.ip("10.0.0.1"), Map.of("connection_creation_rate", 1.0)));
    for (int i = 0; i < 3; i++) {
      assertThat(rates.onConnected("10.0.0.1", 0)).isEqualTo(Verdict.AT_ONCE);
    }
    assertThat(rates.onConnected("10.0.0.1", 0)).isEqualTo(new Verdict(false, 1_000));
    assertThat(rates.onConnected("10.0.0.2", 0)).isEqualTo(Verdict.AT_ONCE);
    assertThat(rates.onConnected("10.0.0.1", 2 * S)).isEqualTo(Verdict.AT_ONCE);
    rates.forgetIdle(10 * S);
    assertThat(rates.onConnected("10.0.0.1", 10 * S)).isEqualTo(Verdict.AT_ONCE);
  }
}
