package io.millrace.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What goes wrong in a simulation. Each run has its own mixture: some kinds of events are left out,
 * so that the others can have all their effect.
 *
 * <p>Owner: the simulation's thread.
 */
public abstract class FaultMix<W extends SimulatedWorld> {
  protected final W world;
  protected final Random random;
  private final List<Runnable> kinds = new ArrayList<>();

  protected FaultMix(W world) {
    this.world = world;
    this.random = world.random();
  }

  /** A kind belongs to two of three mixtures. */
  protected final void perhaps(Runnable kind) {
    if (random.nextInt(3) > 0) {
      kinds.add(kind);
    }
  }

  /** Plans events of the mixture, on average about every so many ms. */
  protected final void planKinds(long fromMs, long untilMs, int everyMs) {
    if (!kinds.isEmpty()) {
      plan(fromMs, untilMs, 2 * everyMs, () -> any(kinds).run());
    }
  }

  /** Plans one event again and again. */
  protected final void plan(long fromMs, long untilMs, int maxGapMs, Runnable what) {
    for (long atMs = fromMs; atMs < untilMs; atMs += 1 + random.nextInt(maxGapMs)) {
      world.at(atMs, what);
    }
  }

  protected final <T> T any(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  /** Something happens a little later, unless everything is to be well by then. */
  protected void after(int maxMs, Runnable what) {
    world.after(
        1 + random.nextInt(maxMs),
        () -> {
          if (!world.isHealed()) {
            what.run();
          }
        });
  }
}
