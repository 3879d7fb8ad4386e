package io.millrace.coordinator.transaction;

import io.millrace.simulation.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Producers that write, crash, are succeeded and go on as zombies, requests that are lost, late or
 * doubled, a coordinator that fails over at any step, with or without what it had not committed, a
 * shard of groups that is loaded anew, and markers that are late or doubled: what must hold after
 * everything that happens, and that all transactions end when all that stops.
 */
class TransactionModelTest {
  private static final int STEPS = 1_500;

  static List<Long> seeds() {
    String one = System.getProperty("seed");
    if (one != null) {
      return List.of(Long.parseLong(one));
    }
    List<Long> seeds = new ArrayList<>();
    for (long seed = 1; seed <= Long.getLong("seeds", 500); seed++) {
      seeds.add(seed);
    }
    return seeds;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void shouldKeepItsPromisesWhateverHappens(long seed) {
    Random random = Seeds.random(seed);
    TransactionWorld world = new TransactionWorld(random, random.nextInt(3) == 0 ? 1 : 2, false);
    world.run(
        () -> {
          world.begin();
          for (int i = 0; i < STEPS; i++) {
            world.happenAndCheck();
          }
          world.comeToRest();
        });
  }
}
