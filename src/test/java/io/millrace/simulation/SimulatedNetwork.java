package io.millrace.simulation;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Loses, delays, doubles and reorders messages, and is cut in one direction or both.
 *
 * <p>Owner: the simulation's thread.
 */
public final class SimulatedNetwork {
  /** One direction between two nodes. */
  private record Link(int from, int to) {}

  private final Random random;
  private final int slowMs;
  private final Set<Link> cuts = new HashSet<>();
  private int lostPercent;
  private int doubledPercent;
  private int slowPercent;
  private int maxDelayMs = 4;

  /**
   * A network that is well.
   *
   * @param slowMs how long the messages take, at most, that take long when it is not
   */
  public SimulatedNetwork(Random random, int slowMs) {
    this.random = random;
    this.slowMs = slowMs;
  }

  /** As bad as it is for a whole run. */
  public void spoil() {
    lostPercent = random.nextBoolean() ? random.nextInt(25) : 0;
    doubledPercent = random.nextBoolean() ? random.nextInt(20) : 0;
    slowPercent = random.nextBoolean() ? random.nextInt(15) : 0;
    maxDelayMs = 2 + random.nextInt(random.nextInt(3) == 0 ? 80 : 15);
  }

  public void heal() {
    cuts.clear();
    lostPercent = 0;
    doubledPercent = 0;
    slowPercent = 0;
    maxDelayMs = 4;
  }

  public void cut(int from, int to) {
    cuts.add(new Link(from, to));
  }

  public void mend() {
    cuts.clear();
  }

  /** Whether two nodes reach each other. */
  public boolean reach(int one, int other) {
    return !cuts.contains(new Link(one, other)) && !cuts.contains(new Link(other, one));
  }

  /** Delays after which a message that is sent now arrives. */
  public List<Long> arrivals(int from, int to) {
    if (cuts.contains(new Link(from, to)) || random.nextInt(100) < lostPercent) {
      return List.of();
    }
    return random.nextInt(100) < doubledPercent ? List.of(delay(), delay()) : List.of(delay());
  }

  private long delay() {
    return random.nextInt(100) < slowPercent
        ? random.nextInt(slowMs)
        : 1 + random.nextInt(maxDelayMs);
  }
}
