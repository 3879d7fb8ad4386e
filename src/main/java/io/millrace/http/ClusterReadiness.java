package io.millrace.http;

import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.quorum.QuorumView;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Why a node of a cluster does not serve clients as it should, as far as the cluster is the reason.
 *
 * <p>Owner: any thread.
 */
public final class ClusterReadiness {
  private ClusterReadiness() {}

  /**
   * The reasons, for {@link Readiness.Report}; empty = none.
   *
   * @param broker whether this node serves clients ({@code process.roles})
   * @param quorum as this node sees it; null = it is not there yet
   * @param heardOf the other nodes that this one is connected with
   */
  public static List<String> reasons(
      int nodeId, boolean broker, ClusterImage image, QuorumView quorum, Set<Integer> heardOf) {
    List<String> reasons = new ArrayList<>();
    if (quorum == null) {
      reasons.add("The quorum that keeps the metadata has not been opened yet");
    } else if (quorum.leader() == null) {
      reasons.add(
          "There is no controller: no majority of the voters "
              + voters(quorum)
              + " has elected one that this node knows (term "
              + quorum.term()
              + ")"
              + missing(nodeId, voters(quorum), heardOf));
    } else if (image.controllerId() < 0) {
      reasons.add(
          "Node " + quorum.leaderNode() + " leads the quorum and does not act as controller yet");
    }
    BrokerImage self = image.brokers().get(nodeId);
    if (broker && self == null) {
      reasons.add("The controller has not registered this node yet");
    } else if (broker && self.fenced()) {
      reasons.add("The controller has fenced this node: clients are sent to the others");
    }
    return reasons;
  }

  /** Those are to be looked at first. */
  private static String missing(int nodeId, List<Integer> voters, Set<Integer> heardOf) {
    List<Integer> missing =
        voters.stream().filter(voter -> voter != nodeId && !heardOf.contains(voter)).toList();
    return missing.isEmpty() ? "" : "; nothing is heard of " + missing;
  }

  private static List<Integer> voters(QuorumView quorum) {
    return quorum.replicas().stream()
        .filter(QuorumView.Replica::voter)
        .map(replica -> replica.id().nodeId())
        .toList();
  }
}
