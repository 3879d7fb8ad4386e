package io.millrace.quorum.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.simulation.SeededRuns;
import io.millrace.simulation.Seeds;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Quorums in which everything goes wrong that may, many times, each from a seed of its own. Run
 * more of them with {@code -Dquorum.runs=…}, and one again with {@code -Dquorum.seed=…}.
 */
class QuorumSimulationTest {
  private static final SeededRuns RUNS =
      new SeededRuns(QuorumSimulationTest.class, "quorum", 2_000);
  private static final int[] VOTERS = {1, 3, 3, 5, 7};
  private static final int FAULTS_MS = 4_000;

  /** What a run came to. */
  private record Outcome(long committed, int events, int reads, int snapshots) {}

  @Test
  void shouldKeepItsInvariantsWhateverHappens() {
    SeededRuns.Outcomes<Outcome> outcomes = RUNS.play(QuorumSimulationTest::begin, this::play);
    if (outcomes.one()) {
      return;
    }
    long committed = outcomes.sum(Outcome::committed);
    long reads = outcomes.sum(Outcome::reads);
    long snapshots = outcomes.sum(Outcome::snapshots);
    System.out.printf(
        "%d events, %d records committed, %d reads, %d snapshots installed%n",
        outcomes.sum(Outcome::events), committed, reads, snapshots);
    assertThat(committed).as("records committed").isGreaterThan(20L * outcomes.runs());
    assertThat(reads).as("reads answered").isGreaterThan(outcomes.runs());
    assertThat(snapshots).as("snapshots installed").isGreaterThan(outcomes.runs() / 20);
  }

  @Test
  void shouldGoOnWithAnotherLeaderWhenADiskHangs() {
    for (long seed = 1; seed <= 20; seed++) {
      SimulatedQuorum world = new SimulatedQuorum(Seeds.random(seed), 3, 0, false);
      world.replicas.forEach(SimulatedReplica::start);
      for (int atMs = 0; atMs < 8_000; atMs += 400) { // few, so that nobody is far behind
        world.at(atMs, world::propose);
      }
      world.runUntil(3_000);
      SimulatedReplica hung = leader(world, seed);
      hung.hangDisk();
      long committed = world.invariants.committedEnd();
      world.runUntil(8_000);
      assertThat(world.invariants.committedEnd()).as("seed %d", seed).isGreaterThan(committed + 5);
      assertThat(leader(world, seed)).as("seed %d", seed).isNotSameAs(hung);
    }
  }

  private static SimulatedReplica leader(SimulatedQuorum world, long seed) {
    List<SimulatedReplica> leaders =
        world.replicas.stream().filter(one -> one.rules().isActive()).toList();
    assertThat(leaders).as("leaders of seed %d at %d ms", seed, world.nowMs()).hasSize(1);
    return leaders.get(0);
  }

  private static SimulatedQuorum begin(Random random, boolean traced) {
    return new SimulatedQuorum(
        random, VOTERS[random.nextInt(VOTERS.length)], random.nextInt(3), traced);
  }

  private Outcome play(SimulatedQuorum world) {
    new QuorumFaults(world).plan(FAULTS_MS);
    world.replicas.forEach(SimulatedReplica::start);
    world.runUntil(FAULTS_MS);
    world.heal();
    return new Outcome(
        world.invariants.committedEnd(),
        world.eventCount(),
        world.readsAnswered,
        world.snapshotsInstalled);
  }
}
