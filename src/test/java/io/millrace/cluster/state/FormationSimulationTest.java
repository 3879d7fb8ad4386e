package io.millrace.cluster.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cluster.state.FormationSimulation.Lists;
import io.millrace.cluster.state.FormationSimulation.Outcome;
import io.millrace.simulation.SeededRuns;
import org.junit.jupiter.api.Test;

/**
 * Nodes that form a cluster, many times, each from a seed of its own. Run more of them with {@code
 * -Dformation.runs=…}, and one again with {@code -Dformation.seed=…}.
 */
class FormationSimulationTest {
  private static final SeededRuns RUNS =
      new SeededRuns(FormationSimulationTest.class, "formation", 2_000);

  @Test
  void shouldNeverMakeTwoClustersOutOfNodesThatExpectOneAnother() {
    SeededRuns.Outcomes<Outcome> outcomes =
        RUNS.play(FormationSimulation::new, FormationSimulation::run);
    if (outcomes.one()) {
      return;
    }
    long whole = outcomes.sum(run -> run.whole() ? 1 : 0);
    long formed = outcomes.sum(run -> run.clusters() > 0 ? 1 : 0);
    long reordered = outcomes.sum(run -> run.whole() && run.lists() == Lists.REORDERED ? 1 : 0);
    long needPeople = outcomes.sum(run -> run.signatureLost() && !run.whole() ? 1 : 0);
    System.out.printf(
        "%d with a cluster, %d whole (%d of them with reordered lists), %d that need a person after"
            + " a wiped disk%n",
        formed, whole, reordered, needPeople);
    // The runs are worth something: most end in a cluster, and some cannot.
    assertThat(whole).isGreaterThan(outcomes.runs() / 3).isLessThan(outcomes.runs());
    assertThat(reordered).isPositive();
  }
}
