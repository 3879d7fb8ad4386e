package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class InterruptionTest {
  private final Interruption interruption = new Interruption();
  private final AtomicInteger woken = new AtomicInteger();

  @Test
  void shouldWaitForACommandThatEndsInOrder() throws InterruptedException {
    CountDownLatch wake = new CountDownLatch(1);
    interruption.wakeBy(wake::countDown);
    Thread hook = new Thread(interruption);
    hook.start();

    assertThat(wake.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(interruption.begun()).isTrue();
    hook.join(200);
    assertThat(hook.isAlive()).isTrue();
    interruption.commandEnded();
    hook.join(3_000);
    assertThat(hook.isAlive()).isFalse();
  }

  @Test
  void shouldNotWaitForACommandThatHoldsNothing() {
    long began = System.nanoTime();
    interruption.run();

    assertThat(interruption.begun()).isTrue();
    assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(4));
  }

  @Test
  void shouldWakeAtOnceWhenASignalHasCome() {
    interruption.begin();
    interruption.wakeBy(woken::incrementAndGet);

    assertThat(woken).hasValue(1);
  }

  @Test
  void shouldNotWakeWhatWaitsNoMore() {
    interruption.wakeBy(woken::incrementAndGet).close();
    interruption.begin();

    assertThat(woken).hasValue(0);
  }

  @Test
  void shouldTellOfNoSignalWhenTheProcessEndsAfterTheCommand() {
    interruption.wakeBy(woken::incrementAndGet);
    interruption.commandEnded();
    interruption.run();

    assertThat(interruption.begun()).isFalse();
    assertThat(woken).hasValue(0);
  }
}
