package io.millrace.simulation;

import java.util.Random;

/** Random numbers for tests that play many seeds, one after the other. */
public final class Seeds {
  private Seeds() {}

  /**
   * As reproducible as {@code new Random(seed)}, but neighbours differ: those of Java begin with
   * nearly the same number, so that hundreds of runs in a row would draw the same first choice.
   */
  public static Random random(long seed) {
    return new Random(seed * 0x9E3779B97F4A7C15L);
  }
}
