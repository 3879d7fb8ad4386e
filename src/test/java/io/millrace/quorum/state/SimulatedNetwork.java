package io.millrace.quorum.state;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Loses, delays, doubles and reorders messages, and is cut in one direction or both.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedNetwork {
  /** One direction between two nodes. */
  record Link(int from, int to) {}

  private final Random random;
  private final Set<Link> cuts = new HashSet<>();
  private int lostPercent;
  private int doubledPercent;
  private int slowPercent;
  private int maxDelayMs = 4;

  SimulatedNetwork(Random random) {
    this.random = random;
  }

  /** As bad as it is for a whole run. */
  void spoil() {
    lostPercent = random.nextBoolean() ? random.nextInt(25) : 0;
    doubledPercent = random.nextBoolean() ? random.nextInt(15) : 0;
    slowPercent = random.nextBoolean() ? random.nextInt(10) : 0;
    maxDelayMs = 2 + random.nextInt(random.nextInt(3) == 0 ? 80 : 15);
  }

  void heal() {
    cuts.clear();
    lostPercent = 0;
    doubledPercent = 0;
    slowPercent = 0;
    maxDelayMs = 4;
  }

  void cut(int from, int to) {
    cuts.add(new Link(from, to));
  }

  void mend() {
    cuts.clear();
  }

  /** Delays after which a message that is sent now arrives. */
  List<Long> arrivals(int from, int to) {
    if (cuts.contains(new Link(from, to)) || random.nextInt(100) < lostPercent) {
      return List.of();
    }
    return random.nextInt(100) < doubledPercent ? List.of(delay(), delay()) : List.of(delay());
  }

  private long delay() {
    return random.nextInt(100) < slowPercent
        ? random.nextInt(1_500)
        : 1 + random.nextInt(maxDelayMs);
  }
}
