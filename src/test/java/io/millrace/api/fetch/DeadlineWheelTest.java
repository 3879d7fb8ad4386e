package io.millrace.api.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeadlineWheelTest {
  private final ManualLoop loop = new ManualLoop();
  private final DeadlineWheel wheel = new DeadlineWheel(loop, loop);
  private final List<String> over = new ArrayList<>();

  private DeadlineWheel.Entry entry(String name) {
    return new DeadlineWheel.Entry() {
      @Override
      void onDeadline() {
        over.add(name + "@" + loop.wallMs());
      }
    };
  }

  @Test
  void shouldMeetADeadlineAtMostTwoTicksLateAndNeverEarly() {
    for (int delay : new int[] {0, 1, 15, 16, 17, 100, 500, 4_095, 4_096, 30_000}) {
      over.clear();
      long start = loop.wallMs();
      wheel.add(entry("x"), delay);
      loop.advance(delay + 40);
      assertThat(over).as("delay %d", delay).hasSize(1);
      long at = Long.parseLong(over.get(0).substring(2)) - start;
      assertThat(at).isBetween((long) delay, delay + 40L);
    }
  }

  @Test
  void shouldForgetARemovedEntry() {
    DeadlineWheel.Entry removed = entry("removed");
    wheel.add(removed, 50);
    wheel.add(entry("kept"), 50);

    wheel.remove(removed);
    wheel.remove(removed);
    loop.advance(200);

    assertThat(over).hasSize(1).first().asString().startsWith("kept");
  }

  @Test
  void shouldHaveNoTimerWhileNothingWaits() {
    wheel.add(entry("x"), 10);
    loop.advance(200);

    assertThat(wheel.size()).isZero();
    assertThat(loop.timers()).isZero();
  }

  @Test
  void shouldSleepWhileNothingIsDue() {
    for (int i = 0; i < 1_000; i++) {
      wheel.add(entry("x"), 60_000);
    }
    loop.advance(59_000);

    // Once a round of 4 s, where it finds that the bucket's entries are of a later one.
    assertThat(loop.timersRun()).isLessThan(20);
  }

  @Test
  void shouldWakeEarlierForAnEarlierDeadline() {
    wheel.add(entry("late"), 3_000);
    loop.advance(100);
    wheel.add(entry("soon"), 100);
    loop.advance(140);

    assertThat(over).hasSize(1).first().asString().startsWith("soon");
  }

  @Test
  void shouldCallEverythingThatIsDueAfterALongPause() {
    for (int i = 0; i < 1000; i++) {
      wheel.add(entry("e" + i), i * 10L);
    }
    loop.stall(60_000);
    loop.advance(40);

    assertThat(over).hasSize(1000);
    assertThat(wheel.size()).isZero();
  }

  @Test
  void shouldLetADeadlineAddAndRemoveOthers() {
    DeadlineWheel.Entry victim = entry("victim");
    wheel.add(
        new DeadlineWheel.Entry() {
          @Override
          void onDeadline() {
            wheel.remove(victim);
            wheel.add(entry("later"), 20);
          }
        },
        10);
    wheel.add(victim, 10);
    loop.advance(200);

    assertThat(over).hasSize(1).first().asString().startsWith("later");
  }
}
