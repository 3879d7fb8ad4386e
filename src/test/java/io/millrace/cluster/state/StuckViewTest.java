package io.millrace.cluster.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cluster.state.StuckView.Seen;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StuckViewTest {
  private final StuckView stuck = new StuckView(60_000);

  @Test
  void shouldStartAgainAtOnceWhenItHasEnded() {
    assertThat(stuck.observe(0, new Seen(false, false, Set.of(1), Set.of()))).isPresent();
  }

  @Test
  void shouldStartAgainWhenItMissesForLongWhomTheNodeHears() {
    assertThat(lookAt(0, Set.of(3), Set.of(1, 2))).isEmpty();
    assertThat(lookAt(59_999, Set.of(3), Set.of(1, 2))).isEmpty();
    assertThat(lookAt(60_000, Set.of(3), Set.of(1, 2)))
        .hasValueSatisfying(why -> assertThat(why).contains("60000 ms"));
  }

  @Test
  void shouldCountAnewAfterItSawThem() {
    lookAt(0, Set.of(3), Set.of(1, 2));
    lookAt(30_000, Set.of(1, 2, 3), Set.of(1, 2));
    lookAt(31_000, Set.of(3), Set.of(1, 2));

    assertThat(lookAt(60_000, Set.of(3), Set.of(1, 2))).isEmpty();
    assertThat(lookAt(91_000, Set.of(3), Set.of(1, 2))).isPresent();
  }

  @Test
  void shouldStayWhenItIsOnTheLargerSide() {
    lookAt(0, Set.of(1, 2), Set.of(2, 3));

    assertThat(lookAt(600_000, Set.of(1, 2), Set.of(2, 3))).isEmpty();
  }

  @Test
  void shouldStartAgainOnOneOfTwoEqualSides() {
    lookAt(0, Set.of(1, 4), Set.of(2, 3));
    assertThat(lookAt(60_000, Set.of(1, 4), Set.of(2, 3))).isEmpty();

    lookAt(100_000, Set.of(2, 3), Set.of(1, 4));
    assertThat(lookAt(160_000, Set.of(2, 3), Set.of(1, 4))).isPresent();
  }

  @Test
  void shouldWaitTwiceAsLongWhenItDidNotHelp() {
    lookAt(0, Set.of(3), Set.of(1, 2));
    assertThat(lookAt(60_000, Set.of(3), Set.of(1, 2))).isPresent();
    stuck.onRestarted();

    lookAt(61_000, Set.of(3), Set.of(1, 2));
    assertThat(lookAt(180_999, Set.of(3), Set.of(1, 2))).isEmpty();
    assertThat(lookAt(181_000, Set.of(3), Set.of(1, 2))).isPresent();
  }

  @Test
  void shouldStartAgainWhenAMergeDoesNotEnd() {
    Seen merging = new Seen(true, true, Set.of(1), Set.of());

    assertThat(stuck.observe(0, merging)).isEmpty();
    assertThat(stuck.observe(59_999, merging)).isEmpty();
    assertThat(stuck.observe(60_000, merging)).isPresent();
  }

  private Optional<String> lookAt(long nowMs, Set<Integer> inView, Set<Integer> heardOf) {
    return stuck.observe(nowMs, new Seen(true, false, inView, heardOf));
  }
}
