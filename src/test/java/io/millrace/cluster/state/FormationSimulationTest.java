package io.millrace.cluster.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cluster.state.FormationSimulation.Lists;
import io.millrace.cluster.state.FormationSimulation.Outcome;
import org.junit.jupiter.api.Test;

class FormationSimulationTest {
  /** {@code -Dformation.simulation.seed=N} replays one run and tells its events. */
  private static final Long SEED = Long.getLong("formation.simulation.seed");

  private static final int RUNS = Integer.getInteger("formation.simulation.runs", 2_000);

  @Test
  void shouldNeverMakeTwoClustersOutOfNodesThatExpectOneAnother() {
    if (SEED != null) {
      run(SEED, true);
      return;
    }
    int whole = 0;
    int formed = 0;
    int reordered = 0;
    int needPeople = 0;
    for (long seed = 0; seed < RUNS; seed++) {
      Outcome outcome = run(seed, false);
      whole += outcome.whole() ? 1 : 0;
      formed += outcome.clusters() > 0 ? 1 : 0;
      reordered += outcome.whole() && outcome.lists() == Lists.REORDERED ? 1 : 0;
      needPeople += outcome.signatureLost() && !outcome.whole() ? 1 : 0;
    }
    System.out.printf(
        "Formation: %d runs, %d with a cluster, %d whole (%d of them with reordered lists), %d"
            + " that need a person after a wiped disk%n",
        RUNS, formed, whole, reordered, needPeople);
    // The runs are worth something: most end in a cluster, and some cannot.
    assertThat(whole).isGreaterThan(RUNS / 3).isLessThan(RUNS);
    assertThat(reordered).isPositive();
  }

  private static Outcome run(long seed, boolean trace) {
    FormationSimulation simulation = new FormationSimulation(seed, trace);
    try {
      return simulation.run();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          "Seed " + seed + " (replay: -Dformation.simulation.seed=" + seed + "): " + e.getMessage(),
          e);
    }
  }
}
