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
 * process stands still. So while there is no leader the next one's turn comes soon, beside those
 * before it, and nobody has to know why they do not lead.
 *
 * <p>Owner: immutable.
 */
public final class Nominee {
  /** After so long without a leader the next voter stands too, in milliseconds. */
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
    long turn = 0;
    for (Member member : oldestFirst) {
      if (member.voterId().equals(self)) {
        return voters.contains(self) && turn * TURN_MS <= leaderlessMs;
      }
      if (voters.contains(member.voterId())) {
        turn++;
      }
    }
    return false;
  }
}
