package io.millrace.cluster.state;

import io.millrace.model.VoterId;
import io.millrace.quorum.Formation;
import java.util.Set;

/**
 * The one message by which nodes become a cluster: what a node has on its disk, and what it
 * expects. It says nothing that a crash can take back, but the expectation; so it may be lost, late
 * and doubled.
 *
 * @param from who tells it
 * @param signed what is on its disk: null = nothing; unconfirmed = its signature; confirmed = it
 *     belongs to that cluster, as a voter if it is among the voters
 * @param expected the first voters by its settings and by the members that it sees; empty = not
 *     known to it yet
 * @param settings what its settings say about that, for people; empty = it only joins
 * @param clusterId the configured {@code cluster.id}; null = any
 *     <p>Owner: immutable.
 */
public record FormationReport(
    VoterId from, Formation signed, Set<VoterId> expected, String settings, String clusterId) {
  public FormationReport {
    expected = Set.copyOf(expected);
  }

  /** Whether the node belongs to a cluster. */
  public boolean isFormed() {
    return signed != null && signed.confirmed();
  }

  /** Whether the node has signed a proposal that it does not know to be confirmed. */
  public boolean isSigned() {
    return signed != null && !signed.confirmed();
  }
}
