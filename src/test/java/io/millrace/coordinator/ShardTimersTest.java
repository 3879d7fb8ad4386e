package io.millrace.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.InlineLoop;
import io.millrace.coordinator.shard.Decision;
import io.millrace.model.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ShardTimersTest {
  /** Loop and clock in one: time moves when the test says so. */
  private static final class Time extends InlineLoop implements Clock {
    private record Task(long atMs, Runnable task) {}

    private final PriorityQueue<Task> tasks =
        new PriorityQueue<>((a, b) -> Long.compare(a.atMs, b.atMs));
    long nowMs = 1_000;
    int scheduled;

    void advance(long ms) {
      long until = nowMs + ms;
      while (!tasks.isEmpty() && tasks.peek().atMs <= until) {
        nowMs = Math.max(nowMs, tasks.peek().atMs);
        tasks.poll().task.run();
      }
      nowMs = until;
    }

    @Override
    public void schedule(long delayMs, Runnable task) {
      scheduled++;
      tasks.add(new Task(nowMs + delayMs, task));
    }

    @Override
    public long wallMs() {
      return nowMs;
    }

    @Override
    public long nanos() {
      return TimeUnit.MILLISECONDS.toNanos(nowMs);
    }
  }

  private final Time time = new Time();
  private final List<String> fired = new ArrayList<>();
  private final ShardTimers timers =
      new ShardTimers(time, time, expired -> assertThat(expired.get().isEmpty()).isTrue());

  private void schedule(String key, long delayMs) {
    long from = time.nowMs;
    timers.schedule(
        key,
        delayMs,
        () -> {
          assertThat(time.nowMs - from).isBetween(delayMs, delayMs + 100);
          fired.add(key);
          return new Decision();
        });
  }

  @Test
  void shouldFireInOrderAndNeverEarly() {
    schedule("late", 500);
    schedule("soon", 60);
    schedule("now", 0);

    time.advance(1_000);

    assertThat(fired).containsExactly("now", "soon", "late");
  }

  @Test
  void shouldFireOnce() {
    schedule("a", 100);
    time.advance(10_000);

    assertThat(fired).containsExactly("a");
  }

  @Test
  void shouldBePutOff() {
    schedule("session", 300);
    for (int i = 0; i < 20; i++) {
      time.advance(200);
      schedule("session", 300);
    }
    assertThat(fired).isEmpty();

    time.advance(400);

    assertThat(fired).containsExactly("session");
  }

  @Test
  void shouldCostTheLoopLittleToBePutOff() {
    for (int i = 0; i < 10_000; i++) {
      schedule("session", 45_000);
      time.advance(1);
    }

    assertThat(time.scheduled).isLessThan(5);
  }

  @Test
  void shouldBeBroughtForward() {
    schedule("a", 5_000);
    schedule("a", 100);

    time.advance(250);

    assertThat(fired).containsExactly("a");
    time.advance(10_000);
    assertThat(fired).hasSize(1);
  }

  @Test
  void shouldBeCancelled() {
    schedule("a", 100);
    schedule("b", 100);
    timers.cancel("a");
    timers.cancel("unknown");

    time.advance(1_000);

    assertThat(fired).containsExactly("b");
  }

  @Test
  void shouldBeSetAgainAfterACancel() {
    schedule("a", 100);
    timers.cancel("a");
    schedule("a", 300);

    time.advance(1_000);

    assertThat(fired).containsExactly("a");
  }

  @Test
  void shouldEndWithTheShard() {
    schedule("a", 100);
    timers.close();
    schedule("b", 100);

    time.advance(1_000);

    assertThat(fired).isEmpty();
  }
}
