package io.millrace.quorum;

import io.millrace.model.VoterId;
import java.util.Set;

/**
 * With what a cluster begins: the one proposal that its first voters sign. It is what a voter set
 * in the metadata log is before there is one.
 *
 * @param clusterId the cluster's id, 22 characters
 * @param voters the first voters; at least one
 * @param confirmed whether every one of them is known to have signed it: only then may anybody vote
 *     by it
 *     <p>Owner: immutable.
 */
public record Formation(String clusterId, Set<VoterId> voters, boolean confirmed) {
  public Formation {
    voters = Set.copyOf(voters);
    if (clusterId.isEmpty() || clusterId.indexOf('\n') >= 0) {
      throw new IllegalArgumentException("A cluster without an id: '" + clusterId + "'");
    }
    if (voters.isEmpty()) {
      throw new IllegalArgumentException("A cluster without voters");
    }
    if (voters.stream().map(VoterId::nodeId).distinct().count() < voters.size()) {
      throw new IllegalArgumentException("Two voters with one node id: " + voters);
    }
  }

  /** Whether both are one proposal, confirmed or not. */
  public boolean isSameProposal(Formation other) {
    return clusterId.equals(other.clusterId) && voters.equals(other.voters);
  }

  /** The same proposal, confirmed. */
  public Formation confirm() {
    return new Formation(clusterId, voters, true);
  }
}
