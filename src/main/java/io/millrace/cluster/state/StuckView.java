package io.millrace.cluster.state;

import java.util.Collections;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Decides when the membership is to be started again: when it has ended by itself, when a merge
 * does not end, and when for long it has missed peers that the node hears of all the time.
 *
 * <p>In the last case only the smaller side starts again, and of two equal ones that without the
 * lowest node id; and the next time it waits twice as long. Otherwise a blocked {@code
 * cluster.port} would make a whole cluster start its membership again every minute.
 *
 * <p>Owner: the thread of the membership.
 */
public final class StuckView {
  private static final int MOST_DOUBLINGS = 4;

  /**
   * What is seen at one moment.
   *
   * @param running the membership has not ended
   * @param merging it is joining another part of the cluster
   * @param inView node ids of the members, this node's included
   * @param heardOf node ids of peers whose messages arrive on the internal listener
   *     <p>Owner: immutable.
   */
  public record Seen(boolean running, boolean merging, Set<Integer> inView, Set<Integer> heardOf) {
    public Seen {
      inView = Set.copyOf(inView);
      heardOf = Set.copyOf(heardOf);
    }
  }

  private final long patienceMs;
  // -1 = nothing of the kind is going on.
  private long mergingSinceMs = -1;
  private long missingSinceMs = -1;
  private int doublings;

  /** How long it waits, the first time. */
  public StuckView(long patienceMs) {
    this.patienceMs = patienceMs;
  }

  /**
   * Looks once; to be called every second or two.
   *
   * @return why the membership is to be started again now; empty = it is not
   */
  public Optional<String> observe(long nowMs, Seen seen) {
    if (!seen.running) {
      return Optional.of("it has ended by itself");
    }
    mergingSinceMs = seen.merging ? firstOf(mergingSinceMs, nowMs) : -1;
    if (seen.merging) {
      return nowMs - mergingSinceMs >= patienceMs
          ? Optional.of("it is joining another part of the cluster since " + patienceMs + " ms")
          : Optional.empty();
    }
    Set<Integer> missing = new HashSet<>(seen.heardOf);
    missing.removeAll(seen.inView);
    if (missing.isEmpty()) {
      missingSinceMs = -1;
      doublings = 0;
      return Optional.empty();
    }
    if (!onSmallerSide(seen)) {
      missingSinceMs = -1;
      return Optional.empty();
    }
    missingSinceMs = firstOf(missingSinceMs, nowMs);
    long waitMs = patienceMs << doublings;
    return nowMs - missingSinceMs >= waitMs
        ? Optional.of("for " + waitMs + " ms it has missed nodes " + missing + ", which are heard")
        : Optional.empty();
  }

  /** It was started again. */
  public void onRestarted() {
    if (missingSinceMs >= 0) {
      doublings = Math.min(doublings + 1, MOST_DOUBLINGS);
    }
    mergingSinceMs = -1;
    missingSinceMs = -1;
  }

  private static boolean onSmallerSide(Seen seen) {
    Set<Integer> known = new HashSet<>(seen.inView);
    known.addAll(seen.heardOf);
    int mine = seen.inView.size() * 2;
    return mine < known.size()
        || (mine == known.size() && !seen.inView.contains(Collections.min(known)));
  }

  private static long firstOf(long sinceMs, long nowMs) {
    return sinceMs < 0 ? nowMs : sinceMs;
  }
}
