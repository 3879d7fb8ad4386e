package io.millrace.coordinator.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.simulation.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * A few transactions from the first request to the last marker, once for each two steps between
 * which something can fail: the coordinator, with or without what it had not committed, or the
 * producer, whose transactional id another instance takes over, or nobody.
 */
class TransactionStepsTest {
  private static final int TRANSACTIONS = 4;
  private static final int MOST_TURNS = 20_000;
  // What the transactions are: which partitions, which end.
  private static final int SEEDS = 2;

  /**
   * What goes wrong.
   *
   * @param producerGoesOn all its transactions end as it wants
   */
  private record Fault(String name, boolean producerGoesOn, Consumer<TransactionWorld> happens) {}

  private static final List<Fault> FAULTS =
      List.of(
          new Fault(
              "coordinator loses what is not committed", true, world -> world.failOver(false)),
          new Fault("coordinator keeps what is not committed", true, world -> world.failOver(true)),
          new Fault(
              "another instance takes over from a zombie", false, world -> world.newInstance("a")),
          new Fault(
              "another instance takes over from the dead",
              false,
              world -> {
                world.killProducers();
                world.newInstance("a");
              }),
          new Fault("nobody takes over", false, TransactionWorld::killProducers));

  @TestFactory
  Stream<DynamicTest> shouldSurviveAFaultBetweenAnyTwoSteps() {
    List<DynamicTest> tests = new ArrayList<>();
    for (int version = 1; version <= 2; version++) {
      for (Fault fault : FAULTS) {
        for (boolean exhausted : new boolean[] {false, true}) {
          int tested = version;
          tests.add(
              DynamicTest.dynamicTest(
                  "version %d%s: %s"
                      .formatted(version, exhausted ? ", epochs run out" : "", fault.name),
                  () -> all(tested, exhausted, fault)));
        }
      }
    }
    return tests.stream();
  }

  private static void all(int version, boolean exhausted, Fault fault) {
    for (long seed = 1; seed <= SEEDS; seed++) {
      int turns = play(seed, version, exhausted, fault, -1);
      assertThat(turns).isBetween(100, MOST_TURNS);
      for (int at = 0; at <= turns; at++) {
        play(seed, version, exhausted, fault, at);
      }
    }
  }

  /** Plays the transactions, and has the fault before this turn; how many turns it took. */
  private static int play(long seed, int version, boolean exhausted, Fault fault, int faultAt) {
    TransactionWorld world = new TransactionWorld(Seeds.random(seed), version, true);
    int[] turns = {0};
    world.run(
        () -> {
          if (exhausted) {
            world.exhaust("a", 2);
          }
          world.newInstance("a");
          world.shard().holdCommits();
          while (turns[0] < MOST_TURNS && (turns[0] <= faultAt || !isOver(world, faultAt))) {
            if (turns[0] == faultAt) {
              fault.happens.accept(world);
            }
            world.turn(turns[0]++, TRANSACTIONS);
          }
          world.comeToRest();
          if (fault.producerGoesOn) {
            assertThat(world.endedTransactions()).isEqualTo(TRANSACTIONS);
          }
        });
    return turns[0];
  }

  private static boolean isOver(TransactionWorld world, int faultAt) {
    // What a dead producer has left open is for comeToRest.
    return world.isDone(TRANSACTIONS) || (faultAt >= 0 && world.hasNoProducers());
  }
}
