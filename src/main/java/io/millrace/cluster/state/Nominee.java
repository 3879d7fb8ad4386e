package io.millrace.cluster.state;

import io.millrace.cluster.Member;
import io.millrace.model.VoterId;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Who is to stand for election first when the leader's member is gone: the oldest of the remaining
 * members that is a voter. All who see the same members name the same one; where they do not, two
 * stand or nobody does, and PreVote and the randomized timeouts settle it.
 *
 * <p>Owner: immutable.
 */
public final class Nominee {
  private Nominee() {}

  /**
   * Names the nominee.
   *
   * @param oldestFirst the members that are seen, perhaps still with the leader
   * @param voters the voters, as the metadata log has them
   * @param gone the leader that is gone; null = there was none that is known
   * @return empty = no voter is left
   */
  public static Optional<Member> of(List<Member> oldestFirst, Set<VoterId> voters, VoterId gone) {
    return oldestFirst.stream()
        .filter(member -> voters.contains(member.voterId()))
        .filter(member -> !member.voterId().equals(gone))
        .findFirst();
  }
}
