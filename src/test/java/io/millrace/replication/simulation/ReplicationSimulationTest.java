package io.millrace.replication.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The rules of leaders, followers and the controller together, while everything goes wrong that
 * may, many times, each from a seed of its own. Run more of them with {@code -Dreplication.runs=…},
 * and one again with {@code -Dreplication.seed=…}.
 */
class ReplicationSimulationTest {
  private static final int FAULTS_MS = 2_000;

  /** What a run came to. */
  private record Outcome(int committed, int events, int losses, int leaderEpoch) {}

  @Test
  void shouldKeepItsInvariantsWhateverHappens() {
    Long one = Long.getLong("replication.seed");
    if (one != null) {
      System.out.println("Seed " + one + ": " + run(one, true));
      return;
    }
    int runs = Integer.getInteger("replication.runs", 1_500);
    long firstSeed = Long.getLong("replication.firstSeed", 1);
    long startNs = System.nanoTime();
    long events = 0;
    long committed = 0;
    long losses = 0;
    long epochs = 0;
    for (long seed = firstSeed; seed < firstSeed + runs; seed++) {
      Outcome outcome = run(seed, false);
      events += outcome.events();
      committed += outcome.committed();
      losses += outcome.losses();
      epochs += outcome.leaderEpoch();
    }
    System.out.printf(
        "%d clusters, seeds %d to %d: %d events, %d records committed, %d leader epochs, %d"
            + " possible losses marked, in %d ms%n",
        runs,
        firstSeed,
        firstSeed + runs - 1,
        events,
        committed,
        epochs,
        losses,
        (System.nanoTime() - startNs) / 1_000_000);
    assertThat(committed).as("records committed").isGreaterThan(30L * runs);
    assertThat(epochs).as("leader epochs").isGreaterThan(3L * runs);
    assertThat(losses).as("possible losses").isLessThan(runs / 2);
  }

  private static Outcome run(long seed, boolean traced) {
    Random random = new Random(seed * 0x9E3779B97F4A7C15L);
    SimulatedCluster world = new SimulatedCluster(random, traced);
    try {
      new ReplicationFaults(world).plan(FAULTS_MS);
      world.brokers.forEach(SimulatedBroker::start);
      world.runUntil(FAULTS_MS);
      world.heal();
    } catch (AssertionError | RuntimeException e) {
      if (!traced) {
        run(seed, true); // fails in the same way, with its last events
      }
      throw new AssertionError(
          world.lastEvents()
              + "\nSeed "
              + seed
              + " at "
              + world.nowMs
              + " ms: "
              + e.getMessage()
              + "\n"
              + world
              + "\nReplay: mvn -Dquick test -Dtest=ReplicationSimulationTest -Dreplication.seed="
              + seed,
          e);
    }
    return new Outcome(
        world.invariants.committedCount(),
        world.eventCount(),
        world.invariants.losses(),
        SimulatedController.partition(world.controller.committed()).leaderEpoch());
  }
}
