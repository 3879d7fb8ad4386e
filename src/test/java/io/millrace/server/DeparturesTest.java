package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class DeparturesTest {
  private final Departures departures = new Departures(100);

  @Test
  void shouldTellOnceWhoHasBeenMissingForLong() {
    assertThat(departures.observe(0, Set.of(1, 2), Set.of(1))).isEmpty();
    assertThat(departures.observe(99, Set.of(1, 2), Set.of(1))).isEmpty();
    assertThat(departures.observe(100, Set.of(1, 2), Set.of(1))).containsExactly(2);
    assertThat(departures.observe(101, Set.of(1), Set.of(1))).isEmpty();
  }

  @Test
  void shouldBeginAnewWithWhoWasThereMeanwhile() {
    departures.observe(0, Set.of(2), Set.of());
    departures.observe(50, Set.of(2), Set.of(2));

    assertThat(departures.observe(120, Set.of(2), Set.of())).isEmpty();
    assertThat(departures.observe(220, Set.of(2), Set.of())).containsExactly(2);
  }
}
