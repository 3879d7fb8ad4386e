package io.millrace.replication.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.simulation.SeededRuns;
import org.junit.jupiter.api.Test;

/**
 * The rules of leaders, followers and the controller together, while everything goes wrong that
 * may, many times, each from a seed of its own. Run more of them with {@code -Dreplication.runs=…},
 * and one again with {@code -Dreplication.seed=…}.
 */
class ReplicationSimulationTest {
  private static final SeededRuns RUNS =
      new SeededRuns(ReplicationSimulationTest.class, "replication", 800);
  private static final int FAULTS_MS = 2_000;

  /** What a run came to. */
  private record Outcome(int committed, int events, int losses, int recoveries, int leaderEpoch) {}

  @Test
  void shouldKeepItsInvariantsWhateverHappens() {
    SeededRuns.Outcomes<Outcome> outcomes = RUNS.play(SimulatedCluster::new, this::play);
    if (outcomes.one()) {
      return;
    }
    long committed = outcomes.sum(Outcome::committed);
    long epochs = outcomes.sum(Outcome::leaderEpoch);
    long losses = outcomes.sum(Outcome::losses);
    long recoveries = outcomes.sum(Outcome::recoveries);
    System.out.printf(
        "%d events, %d records committed, %d leader epochs, %d possible losses marked, %d newest"
            + " logs found%n",
        outcomes.sum(Outcome::events), committed, epochs, losses, recoveries);
    assertThat(committed).as("records committed").isGreaterThan(30L * outcomes.runs());
    assertThat(epochs).as("leader epochs").isGreaterThan(3L * outcomes.runs());
    assertThat(recoveries).as("newest logs found").isGreaterThan(outcomes.runs() / 40);
    assertThat(losses).as("possible losses").isLessThan(outcomes.runs() / 2);
  }

  private Outcome play(SimulatedCluster world) {
    new ReplicationFaults(world).plan(FAULTS_MS);
    world.brokers.forEach(SimulatedBroker::start);
    world.runUntil(FAULTS_MS);
    world.heal();
    return new Outcome(
        world.invariants.committedCount(),
        world.eventCount(),
        world.invariants.losses(),
        world.invariants.recoveries(),
        SimulatedController.partition(world.controller.committed()).leaderEpoch());
  }
}
