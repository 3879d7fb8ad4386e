package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A compacted log against a map, through random appends, transactions, cleanings, restarts and
 * crashes at any operation on files. {@code -Dcompaction.model.seeds=500} tries more seeds, from
 * {@code -Dcompaction.model.first} on.
 */
class CompactionModelTest {
  private static final int STEPS = 60;

  @TempDir Path path;

  @Test
  void shouldAlwaysHaveTheLastValueOfEachKey() {
    long first = Long.getLong("compaction.model.first", 1);
    int seeds = Integer.getInteger("compaction.model.seeds", 6);
    int crashes = 0;
    for (long seed = first; seed < first + seeds; seed++) {
      crashes += run(seed);
    }
    assertThat(crashes).as("crashes").isGreaterThanOrEqualTo(seeds);
  }

  private int run(long seed) {
    int step = 0;
    try (CompactionModel model = new CompactionModel(path.resolve("seed" + seed), seed)) {
      for (; step < STEPS; step++) {
        model.step();
      }
      model.end();
      return model.crashes();
    } catch (Exception | AssertionError e) {
      throw new AssertionError("Seed " + seed + ", step " + step + ": " + e.getMessage(), e);
    }
  }
}
