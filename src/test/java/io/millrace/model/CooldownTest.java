package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CooldownTest {
  @Test
  void shouldLetSomethingHappenOnceInAnInterval() {
    Cooldown cooldown = new Cooldown(10, 5);

    assertThat(cooldown.enter(5)).isZero();
    assertThat(cooldown.enter(6)).isEqualTo(-1);
    assertThat(cooldown.enter(14)).isEqualTo(-1);

    assertThat(cooldown.enter(15)).as("left out before").isEqualTo(2);
    assertThat(cooldown.enter(24)).isEqualTo(-1);
    assertThat(cooldown.enter(100)).isEqualTo(1);
  }

  @Test
  void shouldNotMindThatTheClockOfNanosecondsRunsOver() {
    Cooldown cooldown = new Cooldown(10, Long.MAX_VALUE - 2);

    assertThat(cooldown.enter(Long.MAX_VALUE - 2)).isZero();
    assertThat(cooldown.enter(Long.MAX_VALUE)).isEqualTo(-1);
    assertThat(cooldown.enter(Long.MAX_VALUE + 8)).isEqualTo(1);
  }
}
