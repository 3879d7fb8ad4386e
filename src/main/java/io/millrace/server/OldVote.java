package io.millrace.server;

import io.millrace.model.VoterId;
import java.util.Optional;
import java.util.Set;

/**
 * A node that came back with another disk does not vote as long as the old one has its vote. Which
 * directory that is, the metadata says: with what the cluster began may be long over.
 *
 * <p>Owner: any thread.
 */
final class OldVote {
  private OldVote() {}

  /**
   * What to tell the node's administrator; empty = nothing.
   *
   * @param self this node with the directory that it has now
   * @param voters who votes now
   */
  static Optional<String> warning(VoterId self, Set<VoterId> voters) {
    return voters.stream()
        .filter(voter -> voter.nodeId() == self.nodeId() && !voter.equals(self))
        .map(
            voter ->
                "The vote of node "
                    + self.nodeId()
                    + " on the metadata belongs to another directory, "
                    + voter
                    + ", so it does not vote with this one, "
                    + self
                    + ". If the other disk is lost for good: millrace quorum remove "
                    + self.nodeId())
        .findAny();
  }
}
