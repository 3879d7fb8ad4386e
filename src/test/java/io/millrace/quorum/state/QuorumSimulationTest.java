package io.millrace.quorum.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Quorums in which everything goes wrong that may, many times, each from a seed of its own. Run
 * more of them with {@code -Dquorum.runs=…}, and one again with {@code -Dquorum.seed=…}.
 */
class QuorumSimulationTest {
  private static final int[] VOTERS = {1, 3, 3, 5, 7};
  private static final int FAULTS_MS = 4_000;

  /** What a run came to. */
  private record Outcome(long committed, int events, int reads, int snapshots) {}

  @Test
  void shouldKeepItsInvariantsWhateverHappens() {
    Long one = Long.getLong("quorum.seed");
    if (one != null) {
      System.out.println("Seed " + one + ": " + run(one, true));
      return;
    }
    int runs = Integer.getInteger("quorum.runs", 2_000);
    long firstSeed = Long.getLong("quorum.firstSeed", 1);
    long startNs = System.nanoTime();
    long events = 0;
    long committed = 0;
    long reads = 0;
    long snapshots = 0;
    for (long seed = firstSeed; seed < firstSeed + runs; seed++) {
      Outcome outcome = run(seed, false);
      events += outcome.events();
      committed += outcome.committed();
      reads += outcome.reads();
      snapshots += outcome.snapshots();
    }
    System.out.printf(
        "%d quorums, seeds %d to %d: %d events, %d records committed, %d reads, %d snapshots"
            + " installed, in %d ms%n",
        runs,
        firstSeed,
        firstSeed + runs - 1,
        events,
        committed,
        reads,
        snapshots,
        (System.nanoTime() - startNs) / 1_000_000);
    assertThat(committed).as("records committed").isGreaterThan(20L * runs);
    assertThat(reads).as("reads answered").isGreaterThan(runs);
    assertThat(snapshots).as("snapshots installed").isGreaterThan(runs / 20);
  }

  @Test
  void shouldGoOnWithAnotherLeaderWhenADiskHangs() {
    for (long seed = 1; seed <= 20; seed++) {
      SimulatedQuorum world = new SimulatedQuorum(new Random(seed), 3, 0, false);
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
    assertThat(leaders).as("leaders of seed %d at %d ms", seed, world.nowMs).hasSize(1);
    return leaders.get(0);
  }

  private static Outcome run(long seed, boolean traced) {
    Random random = new Random(seed * 0x9E3779B97F4A7C15L);
    SimulatedQuorum world =
        new SimulatedQuorum(
            random, VOTERS[random.nextInt(VOTERS.length)], random.nextInt(3), traced);
    try {
      new SimulatedFaults(world).plan(FAULTS_MS);
      world.replicas.forEach(SimulatedReplica::start);
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
              + "\nReplay: mvn -Dquick test -Dtest=QuorumSimulationTest -Dquorum.seed="
              + seed,
          e);
    }
    return new Outcome(
        world.invariants.committedEnd(),
        world.eventCount(),
        world.readsAnswered,
        world.snapshotsInstalled);
  }
}
