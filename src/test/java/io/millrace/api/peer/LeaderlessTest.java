package io.millrace.api.peer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LeaderlessTest {
  private final Leaderless leaderless = new Leaderless();

  @Test
  void shouldCountFromTheFirstLookThatFoundNobody() {
    assertThat(leaderless.observe(true, 1_000)).isZero();
    assertThat(leaderless.observe(false, 5_000)).isZero();
    assertThat(leaderless.observe(false, 5_700)).isEqualTo(700);
    assertThat(leaderless.observe(false, 9_000)).isEqualTo(4_000);
  }

  @Test
  void shouldBeginAnewWhenSomebodyHasLedMeanwhile() {
    leaderless.observe(false, -5_000);
    leaderless.observe(true, 0);
    assertThat(leaderless.observe(false, 10)).isZero();
    assertThat(leaderless.observe(false, 15)).isEqualTo(5);
  }
}
