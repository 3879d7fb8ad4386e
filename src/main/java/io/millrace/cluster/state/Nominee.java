package io.millrace.cluster.state;

import io.millrace.cluster.Member;
import io.millrace.model.VoterId;
import java.util.List;
import java.util.Set;

/**
 * Who is to stand for election when the leader's member is gone: the oldest of the remaining
 * members that is a voter. All who see the same members name the same one; where they do not, two
 * stand or nobody does, and PreVote and the randomized timeouts settle it.
 *
 * <p>A member that is a voter need not be able to vote: its disk may be full or damaged, or its
 * process stands still. So while there is no leader they take turns, and nobody has to know why one
 * of them does not lead. One at a time, or two would share the votes again and again.
 *
 * <p>Owner: immutable.
 */
public final class Nominee {
  /** How long each one's turn is, in milliseconds; longer than an election takes. */
  public static final long TURN_MS = 500;

  private Nominee() {}

  /**
   * Whether it is this voter's turn.
   *
   * @param oldestFirst the members that are seen, perhaps still with the leader
   * @param voters the voters, as the metadata log has them
   * @param leaderlessMs for how long no leader has been known
   */
  public static boolean isTurnOf(
      VoterId self, List<Member> oldestFirst, Set<VoterId> voters, long leaderlessMs) {
    List<VoterId> candidates =
        oldestFirst.stream().map(Member::voterId).filter(voters::contains).distinct().toList();
    return !candidates.isEmpty()
        && candidates.get((int) (leaderlessMs / TURN_MS % candidates.size())).equals(self);
  }
}
