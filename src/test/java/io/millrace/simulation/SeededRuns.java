package io.millrace.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * A simulation played many times, each from a seed of its own. {@code -Dname.runs=…} says how many
 * times, {@code -Dname.firstSeed=…} from which seed on, and {@code -Dname.seed=…} plays one again.
 *
 * @param test what is to be started to play one again
 * @param name of the settings
 * @param runs if nothing else is said
 *     <p>Owner: immutable.
 */
public record SeededRuns(Class<?> test, String name, int runs) {
  /** What the runs came to; {@code one} = only a chosen one was played. */
  public record Outcomes<T>(List<T> all, boolean one) {
    public long sum(ToLongFunction<T> figure) {
      return all.stream().mapToLong(figure).sum();
    }

    public int runs() {
      return all.size();
    }
  }

  /**
   * Plays them.
   *
   * @param begin makes a world of chance; whether its last events are to be kept as text
   * @param play to the end; what it came to
   */
  public <W extends SimulatedWorld, T> Outcomes<T> play(
      BiFunction<Random, Boolean, W> begin, Function<W, T> play) {
    Long one = Long.getLong(name + ".seed");
    if (one != null) {
      T outcome = run(one, true, begin, play);
      System.out.println("Seed " + one + ": " + outcome);
      return new Outcomes<>(List.of(outcome), true);
    }
    int count = Integer.getInteger(name + ".runs", runs);
    long firstSeed = Long.getLong(name + ".firstSeed", 1);
    long startNs = System.nanoTime();
    List<T> outcomes = new ArrayList<>();
    for (long seed = firstSeed; seed < firstSeed + count; seed++) {
      outcomes.add(run(seed, false, begin, play));
    }
    System.out.printf(
        "%s: %d runs, seeds %d to %d, in %d ms%n",
        name, count, firstSeed, firstSeed + count - 1, (System.nanoTime() - startNs) / 1_000_000);
    return new Outcomes<>(outcomes, false);
  }

  private <W extends SimulatedWorld, T> T run(
      long seed, boolean traced, BiFunction<Random, Boolean, W> begin, Function<W, T> play) {
    W world = begin.apply(Seeds.random(seed), traced);
    try {
      return play.apply(world);
    } catch (AssertionError | RuntimeException e) {
      if (!traced) {
        run(seed, true, begin, play); // fails in the same way, with its last events
      }
      throw new AssertionError(
          "%s%nSeed %d at %d ms: %s%n%s%nReplay: mvn -Dquick test -Dtest=%s -D%s.seed=%d"
              .formatted(
                  world.lastEvents(),
                  seed,
                  world.nowMs(),
                  e.getMessage(),
                  world,
                  test.getSimpleName(),
                  name,
                  seed),
          e);
    }
  }
}
