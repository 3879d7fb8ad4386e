package io.millrace.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.QuotaEntity;
import io.millrace.metadata.QuotaEntity.Name;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ClientQuotasTest {
  private static final long S = TimeUnit.SECONDS.toNanos(1);
  private static final QuotaWindows WINDOWS = QuotaWindows.DEFAULT;
  private static final QuotaEntity ANY_CLIENT = QuotaEntity.client(null);

  private final ClientQuotas quotas = new ClientQuotas(WINDOWS, WINDOWS);

  private void set(QuotaEntity entity, QuotaKey key, double value) {
    quotas.update(Map.of(entity, Map.of(key.text(), value)));
  }

  private ClientUse of(String clientId, long nowNanos) {
    return quotas.of(ClientUse.NONE, "u", clientId, nowNanos);
  }

  @Test
  void shouldCostNothingWithoutQuotas() {
    assertThat(of("c", 0)).isSameAs(ClientUse.NONE);
    assertThat(ClientUse.NONE.produced(1 << 30, 0)).isZero();
    assertThat(ClientUse.NONE.fetched(1 << 30, 0)).isZero();
    assertThat(ClientUse.NONE.maxFetchBytes()).isEqualTo(Long.MAX_VALUE);
    assertThat(ClientUse.NONE.mutate(1_000, true, 0)).isTrue();
    assertThat(ClientUse.NONE.mutationThrottleMs(0)).isZero();
  }

  @Test
  void shouldShareAQuotaAmongConnections() {
    set(ANY_CLIENT, QuotaKey.PRODUCER_BYTE_RATE, 100);
    ClientUse one = of("c", 0);
    ClientUse other = of("c", 0);
    assertThat(one.produced(1_000, 0)).isZero();
    assertThat(other.produced(100, 0)).isEqualTo(1_000);
    assertThat(of("d", 0).produced(1_000, 0)).isZero();
  }

  @Test
  void shouldRememberNoLongClientIds() {
    set(ANY_CLIENT, QuotaKey.PRODUCER_BYTE_RATE, 100);
    String longest = "x".repeat(ClientQuotas.MAX_ID_LENGTH);
    assertThat(of(longest + "1", 0).produced(1_000, 0)).isZero();
    assertThat(of(longest + "2", 0).produced(1_000, 0)).isPositive();
    assertThat(quotas.size()).isEqualTo(1);
    assertThat(of(longest, 0).produced(1_000, 0)).isZero();
    assertThat(quotas.size()).isEqualTo(2);
  }

  @Test
  void shouldKeepWhatHoldsAndNoticeChanges() {
    set(ANY_CLIENT, QuotaKey.PRODUCER_BYTE_RATE, 100);
    ClientUse use = of("c", 0);
    assertThat(quotas.of(use, "u", "c", 0)).isSameAs(use);
    assertThat(quotas.of(use, "u", "d", 0)).isNotSameAs(use);
    use.produced(2_000, 0);
    set(ANY_CLIENT, QuotaKey.PRODUCER_BYTE_RATE, 1_000);
    ClientUse changed = quotas.of(use, "u", "c", 0);
    assertThat(changed).isNotSameAs(use);
    // What was used before counts on.
    assertThat(changed.produced(8_000, 0)).isZero();
    assertThat(changed.produced(1_000, 0)).isPositive();
    quotas.update(Map.of());
    assertThat(quotas.of(changed, "u", "c", 0)).isSameAs(ClientUse.NONE);
    assertThat(quotas.size()).isZero();
  }

  @Test
  void shouldNotCountWhatAFetchDidNotGet() {
    set(ANY_CLIENT, QuotaKey.CONSUMER_BYTE_RATE, 100);
    ClientUse use = of("c", 0);
    assertThat(use.maxFetchBytes()).isEqualTo(1_000);
    assertThat(use.fetched(800, 0)).isZero();
    int waitMs = use.fetched(400, 0);
    assertThat(waitMs).isEqualTo(2_000);
    assertThat(use.fetched(200, 0)).isZero();
  }

  @Test
  void shouldLetThroughABatchThatAloneIsMoreThanTheQuota() {
    set(ANY_CLIENT, QuotaKey.CONSUMER_BYTE_RATE, 10);
    ClientUse use = of("c", 0);
    assertThat(use.fetched(5_000, 0)).isZero();
    assertThat(use.fetched(5_000, S)).isPositive();
    assertThat(use.fetched(5_000, 11 * S)).isZero();
  }

  @Test
  void shouldWaitAWindowAtMostForTimeOfThreads() {
    set(ANY_CLIENT, QuotaKey.REQUEST_PERCENTAGE, 1);
    ClientUse use = of("c", 0);
    assertThat(use.timesRequests()).isTrue();
    assertThat(use.spent(S / 10, 0)).isZero();
    assertThat(use.spent(S, 0)).isEqualTo(1_000);
  }

  @Test
  void shouldRefuseOnlyWhoKnowsOfIt() {
    set(ANY_CLIENT, QuotaKey.CONTROLLER_MUTATION_RATE, 1);
    ClientUse use = of("c", 0);
    assertThat(use.mutate(12, true, 0)).isTrue();
    assertThat(use.mutate(1, true, 0)).isFalse();
    assertThat(use.mutationThrottleMs(0)).isEqualTo(2_000);
    assertThat(use.mutate(1, false, 0)).isTrue();
    assertThat(use.mutationThrottleMs(0)).isEqualTo(3_000);
  }

  @Test
  void shouldForgetWhoUsesNothing() {
    set(ANY_CLIENT, QuotaKey.PRODUCER_BYTE_RATE, 100);
    ClientUse use = of("c", 0);
    use.produced(1, 0);
    quotas.forgetIdle(1800 * S);
    assertThat(quotas.size()).isOne();
    quotas.forgetIdle(3601 * S);
    assertThat(quotas.size()).isZero();
    ClientUse again = quotas.of(use, "u", "c", 3601 * S);
    assertThat(again).isNotSameAs(use);
    assertThat(quotas.size()).isOne();
  }

  @Test
  void shouldForgetWhatIsUsedOfAQuotaThatIsGone() {
    quotas.update(
        Map.of(
            QuotaEntity.client("c"), Map.of("producer_byte_rate", 100.0),
            QuotaEntity.client("d"), Map.of("producer_byte_rate", 100.0)));
    ClientUse c = of("c", 0);
    c.produced(5_000, 0);
    of("d", 0).produced(5_000, 0);
    set(QuotaEntity.client("d"), QuotaKey.PRODUCER_BYTE_RATE, 100);
    assertThat(quotas.size()).isOne();
    assertThat(quotas.of(c, "u", "c", 0).produced(5_000, 0)).isZero();
    assertThat(of("d", 0).produced(1, 0)).isPositive();
  }

  @Test
  void shouldBoundWhatMadeUpIdsFill() {
    set(ANY_CLIENT, QuotaKey.PRODUCER_BYTE_RATE, 100);
    for (int i = 0; i < ClientQuotas.MAX_USAGES + 1_000; i++) {
      of("id-" + i, 0).produced(1, 0);
    }
    assertThat(quotas.size()).isEqualTo(ClientQuotas.MAX_USAGES + 1);
    assertThat(of("more", 0).produced(100, 0)).as("shared by all others").isPositive();
    // Once they are gone, there is room again.
    of("new", 60 * S).produced(1, 60 * S);
    assertThat(quotas.size()).isLessThan(10);
  }

  @Test
  void shouldShowWhoIsHeldBack() {
    set(new QuotaEntity(new Name("u"), null, null), QuotaKey.PRODUCER_BYTE_RATE, 100);
    of("c", 0).produced(2_000, 0);
    assertThat(quotas.figures(10, 0))
        .singleElement()
        .satisfies(
            figures -> {
              assertThat(figures.sharing()).isEqualTo(QuotaEntity.user("u"));
              assertThat(figures.limit()).isEqualTo(100);
              assertThat(figures.rate()).isEqualTo(200);
              assertThat(figures.tokens()).isNaN();
              assertThat(figures.throttles()).isOne();
              assertThat(figures.throttledMs()).isEqualTo(10_000);
            });
    assertThat(quotas.figures(0, 0)).isEmpty();
  }
}
