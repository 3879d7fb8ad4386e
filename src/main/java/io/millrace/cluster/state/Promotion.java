package io.millrace.cluster.state;

import io.millrace.cluster.Member;
import io.millrace.model.VoterId;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which learner becomes a voter: while there are fewer voters than {@code cluster.voters.target},
 * the oldest member that may vote, follows the log and whose node does not vote already. One at a
 * time; each counts before the next is looked for.
 *
 * <p>An even number of voters survives no more losses than one less, and there is one more that can
 * be lost: two stop when either does. So the step from an odd number is made only when the next one
 * can follow at once.
 *
 * <p>Owner: immutable.
 */
public final class Promotion {
  private Promotion() {}

  /**
   * Chooses.
   *
   * @param oldestFirst the members that the leader sees
   * @param voters who votes now
   * @param following learners that have all of the log, but for the last moment
   * @param target {@code cluster.voters.target}
   * @return empty = nobody, for now
   */
  public static Optional<VoterId> next(
      List<Member> oldestFirst, Set<VoterId> voters, Set<VoterId> following, int target) {
    if (voters.size() >= target) {
      return Optional.empty();
    }
    List<VoterId> candidates =
        oldestFirst.stream()
            .filter(Member::mayVote)
            .map(Member::voterId)
            .filter(following::contains)
            .filter(id -> voters.stream().noneMatch(voter -> voter.nodeId() == id.nodeId()))
            .toList();
    boolean odd = voters.size() % 2 == 1;
    return odd && candidates.size() < 2 ? Optional.empty() : candidates.stream().findFirst();
  }
}
