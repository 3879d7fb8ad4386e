package io.millrace.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.InlineLoop;
import io.millrace.metadata.QuotaEntity;
import io.millrace.quota.ClientQuotas;
import io.millrace.quota.ClientUse;
import io.millrace.quota.QuotaKey;
import io.millrace.quota.QuotaWindows;
import java.util.ArrayDeque;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ThrottleTest {
  /** Timers fire when the test says so. */
  private static final class ManualTimers extends InlineLoop {
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

    @Override
    public void schedule(long delayMs, Runnable task) {
      assertThat(delayMs).isLessThanOrEqualTo(1_000);
      waiting.add(task);
    }
  }

  private final ManualTimers timers = new ManualTimers();
  private final ClientQuotas quotas = new ClientQuotas(QuotaWindows.DEFAULT, QuotaWindows.DEFAULT);
  private int over;
  private final Throttle throttle = new Throttle(quotas, timers, () -> over++);

  private void holdForDays() {
    quotas.update(
        Map.of(QuotaEntity.client(null), Map.of(QuotaKey.PRODUCER_BYTE_RATE.text(), 1.0)));
    ClientUse use = throttle.use("c", System.nanoTime());
    throttle.hold("c", use, Integer.MAX_VALUE);
    timers.waiting.poll().run();
    assertThat(throttle.isOn()).isTrue();
    assertThat(timers.waiting).hasSize(1);
  }

  @Test
  void shouldEndWithTheQuota() {
    holdForDays();
    quotas.update(Map.of());
    timers.waiting.poll().run();
    assertThat(throttle.isOn()).isFalse();
    assertThat(over).isEqualTo(1);
    assertThat(timers.waiting).isEmpty();
  }

  @Test
  void shouldKeepNoTimerForAConnectionThatHasEnded() {
    holdForDays();
    throttle.close();
    timers.waiting.poll().run();
    assertThat(timers.waiting).isEmpty();
    assertThat(over).isZero();
  }
}
