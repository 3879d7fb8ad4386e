package io.millrace.partition.state;

import java.util.List;

/**
 * How a committed ISR differs from the one before, and why. Pure.
 *
 * @param caughtUp members that joined since they had caught up
 * @param lagging members that left since they had not caught up for too long
 * @param fenced members that the controller took out: their brokers are fenced, stop, or may have
 *     lost their pages
 * @param reassigned members that have no replica any more
 *     <p>Owner: immutable.
 */
public record IsrShift(int caughtUp, int lagging, int fenced, int reassigned) {
  /**
   * Within one leader epoch.
   *
   * @param proposed what the leader has asked for and not heard of; null = nothing
   */
  public static IsrShift between(
      List<Integer> before, List<Integer> after, List<Integer> replicas, IsrProposal proposed) {
    int caughtUp = 0;
    for (int member : after) {
      caughtUp += before.contains(member) ? 0 : 1;
    }
    int lagging = 0;
    int fenced = 0;
    int reassigned = 0;
    for (int member : before) {
      if (after.contains(member)) {
        continue;
      }
      if (!replicas.contains(member)) {
        reassigned++;
      } else if (proposed != null && proposed.leaving().contains(member)) {
        lagging++;
      } else {
        fenced++;
      }
    }
    return new IsrShift(caughtUp, lagging, fenced, reassigned);
  }

  /** With a new leader: nobody has caught up with it yet, and it has asked for nothing. */
  public static IsrShift atElection(
      List<Integer> before, List<Integer> after, List<Integer> replicas) {
    IsrShift shift = between(before, after, replicas, null);
    return new IsrShift(0, 0, shift.fenced, shift.reassigned);
  }
}
