package io.millrace.coordinator.group;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The last rebalances of a group, in memory only: a restart of the coordinator forgets them.
 *
 * <p>Owner: partition loop.
 */
public final class RebalanceHistory {
  private static final int MAX_REBALANCES = 20;
  private static final int MAX_CAUSES = 16;
  private static final long RUNNING = -1;

  private final Deque<Rebalance> ended = new ArrayDeque<>();
  private final List<RebalanceCause> causes = new ArrayList<>();
  private int moreCauses;
  private int attempts;
  private long startedMs;

  /** Goes on with the history of the same group when it was of another kind. */
  public void continueFrom(RebalanceHistory other) {
    ended.addAll(other.ended);
  }

  /**
   * The members have to join, or get another target; again, if a rebalance is under way.
   *
   * @return whether a rebalance begins with it
   */
  public boolean onPrepare(RebalanceCause cause, long nowMs) {
    boolean begins = attempts == 0;
    if (begins) {
      startedMs = nowMs;
      causes.clear();
      moreCauses = 0;
    }
    attempts++;
    note(cause);
    return begins;
  }

  /** One more thing happened; nothing if no rebalance is under way. */
  public void onChange(RebalanceCause cause) {
    if (attempts > 0) {
      note(cause);
    }
  }

  private void note(RebalanceCause cause) {
    if (causes.size() < MAX_CAUSES) {
      causes.add(cause);
    } else {
      moreCauses++;
    }
  }

  /** Every member has its assignment, or there are none. */
  public void onEnd(int generation, int members, long nowMs) {
    if (attempts > 0) {
      ended.addLast(current(generation, nowMs, members));
      attempts = 0;
      if (ended.size() > MAX_REBALANCES) {
        ended.removeFirst();
      }
    }
  }

  /** The oldest first; the last may be under way. */
  public List<Rebalance> list(int generation, int members) {
    List<Rebalance> list = new ArrayList<>(ended);
    if (attempts > 0) {
      list.add(current(generation, RUNNING, members));
    }
    return list;
  }

  private Rebalance current(int generation, long endedMs, int members) {
    return new Rebalance(
        generation, List.copyOf(causes), moreCauses, attempts, startedMs, endedMs, members);
  }
}
