package io.millrace.cluster.state;

import io.millrace.cluster.state.FirstVoters.Found;
import io.millrace.model.VoterId;
import io.millrace.quorum.Formation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Decides for a node with nothing on its disk: it joins a cluster that is there, or signs what the
 * proposer has signed, or is the proposer itself, or waits.
 *
 * <p>Owner: immutable.
 */
final class FreshNode {
  private final FormationSelf self;
  private final Hearsay hearsay;

  /** The first voters as this node sees them, and for how long they have been these. */
  private final Found found;

  private final long foundForMs;

  FreshNode(FormationSelf self, Hearsay hearsay, Found found, long foundForMs) {
    this.self = self;
    this.hearsay = hearsay;
    this.found = found;
    this.foundForMs = foundForMs;
  }

  /**
   * The next step.
   *
   * @param newClusterId for a proposal, where no {@code cluster.id} is configured
   */
  Step next(String newClusterId) {
    int clash = hearsay.clashingNodeId();
    if (clash >= 0) {
      return Step.waiting("two members have the node id " + clash + ": change node.id of one");
    }
    List<Formation> formed = formedClusters();
    if (!formed.isEmpty()) {
      return join(formed);
    }
    List<Formation> proposals =
        hearsay.reports().stream()
            .filter(FormationReport::isSigned)
            .map(FormationReport::signed)
            .distinct()
            .toList();
    for (Formation proposal : proposals) {
      if (proposal.voters().contains(self.id())) {
        return sign(proposal);
      }
    }
    if (!proposals.isEmpty()) {
      return Step.waiting(proposals.stream().map(this::waitingFor).toList());
    }
    return propose(newClusterId);
  }

  // ---- joining

  private List<Formation> formedClusters() {
    return hearsay.reports().stream()
        .filter(FormationReport::isFormed)
        .map(FormationReport::signed)
        .distinct()
        .toList();
  }

  private Step join(List<Formation> formed) {
    List<Formation> wanted =
        formed.stream().filter(one -> fits(self.clusterId(), one.clusterId())).toList();
    if (wanted.isEmpty()) {
      return Step.waiting(
          "cluster.id is "
              + self.clusterId()
              + ", but the nodes here belong to "
              + describe(formed)
              + ": remove cluster.id to join it, or set other cluster.seeds");
    }
    if (wanted.size() > 1) {
      return Step.waiting(
          "there are several clusters, "
              + describe(wanted)
              + ": set cluster.id to the one that this node is to join, and"
              + " see that the nodes of the others do not find it");
    }
    Formation cluster = wanted.get(0);
    if (cluster.voters().contains(self.id())) {
      return Step.waiting(
          "this node is a voter of cluster "
              + cluster.clusterId()
              + " and has lost what it signed ("
              + self.file()
              + "): restore its metadata directory, or delete that and meta.properties beside it,"
              + " so that it joins as a new node");
    }
    return Step.write(cluster);
  }

  private static String describe(List<Formation> formed) {
    return formed.stream()
        .map(one -> one.clusterId() + " (first voters " + names(one.voters()) + ")")
        .sorted()
        .collect(Collectors.joining(" and "));
  }

  // ---- signing

  private Step sign(Formation proposal) {
    String what = "the cluster that node " + proposer(proposal.voters()).nodeId() + " proposes";
    if (!self.mayVote()) {
      return Step.waiting(
          "process.roles of this node has no controller, but it is a first voter of " + what);
    }
    if (!fits(self.clusterId(), proposal.clusterId())) {
      return Step.waiting(
          "cluster.id is " + self.clusterId() + ", but " + what + " is " + proposal.clusterId());
    }
    if (found.voters().isEmpty()) {
      return Step.waiting(found.missing());
    }
    if (!found.voters().equals(proposal.voters())) {
      return Step.waiting(
          what
              + " has the first voters "
              + names(proposal.voters())
              + ", but by "
              + self.firstVoters().describe()
              + " of this node they are "
              + names(found.voters())
              + ": set the same cluster.seeds on all nodes");
    }
    List<String> objections = otherExpectations();
    return objections.isEmpty() ? Step.write(proposal) : Step.waiting(objections);
  }

  private String waitingFor(Formation proposal) {
    for (VoterId voter : proposal.voters()) {
      if (voter.nodeId() == self.id().nodeId()) {
        return "this node has lost its disk while a cluster was being formed: "
            + names(proposal.voters())
            + " were to begin, and this is "
            + self.id()
            + ". It joins when the others have formed the cluster without it; what to do if they"
            + " cannot is said in their logs";
      }
    }
    return "the first voters are forming a cluster: " + names(proposal.voters());
  }

  // ---- proposing

  private Step propose(String newClusterId) {
    Set<VoterId> voters = found.voters();
    if (voters.isEmpty()) {
      return Step.waiting(found.missing());
    }
    List<String> reasons = new ArrayList<>(silent());
    reasons.addAll(otherExpectations());
    Set<String> clusterIds = configuredClusterIds();
    if (clusterIds.size() > 1) {
      reasons.add("nodes have different cluster.id: " + clusterIds);
    }
    if (!reasons.isEmpty()) {
      return Step.waiting(reasons);
    }
    VoterId proposer = proposer(voters);
    if (!proposer.equals(self.id())) {
      return Step.waiting(
          "node "
              + proposer.nodeId()
              + " is to propose a cluster with the first voters "
              + names(voters));
    }
    if (!found.complete() && foundForMs < self.patienceMs()) {
      return Step.waiting(
          "waiting for "
              + self.patienceMs()
              + " ms whether other nodes appear before the cluster begins");
    }
    String clusterId = clusterIds.isEmpty() ? newClusterId : clusterIds.iterator().next();
    boolean alone = voters.equals(Set.of(self.id()));
    return Step.write(new Formation(clusterId, voters, alone));
  }

  /** Members that have not said yet what they have on their disks. */
  private List<String> silent() {
    return hearsay.members().stream()
        .map(Visible::id)
        .filter(id -> !id.equals(self.id()) && hearsay.of(id) == null)
        .map(
            id ->
                "no word yet from node "
                    + id.nodeId()
                    + ", which is a member; if this lasts, see whether its internal.port is"
                    + " reached")
        .toList();
  }

  /** Members by whose settings others would begin. */
  private List<String> otherExpectations() {
    List<String> reasons = new ArrayList<>();
    for (Visible member : hearsay.members()) {
      FormationReport report = member.id().equals(self.id()) ? null : hearsay.of(member.id());
      if (report != null
          && mustAgree(report)
          && report.signed() == null
          && !report.expected().equals(found.voters())) {
        reasons.add(
            "node "
                + member.id().nodeId()
                + " has "
                + (report.settings().isEmpty() ? "no cluster.seeds" : report.settings())
                + (report.expected().isEmpty()
                    ? " and does not see all of them yet"
                    : " and expects the first voters " + names(report.expected()))
                + "; by "
                + self.firstVoters().describe()
                + " of this node they are "
                + names(found.voters())
                + ". If this lasts, set the same cluster.seeds on all nodes");
      }
    }
    return reasons;
  }

  /** Who only joins has no say, but a first voter has to know that it is one. */
  private boolean mustAgree(FormationReport report) {
    return !report.settings().isEmpty() || found.voters().contains(report.from());
  }

  private Set<String> configuredClusterIds() {
    Set<String> ids = new TreeSet<>();
    if (self.clusterId() != null) {
      ids.add(self.clusterId());
    }
    hearsay.reports().stream()
        .map(FormationReport::clusterId)
        .filter(Objects::nonNull)
        .forEach(ids::add);
    return ids;
  }

  // ---- small things

  /**
   * The one of the first voters who proposes: the same for all who expect these voters, whatever
   * the order of their lists.
   */
  static VoterId proposer(Set<VoterId> voters) {
    return Collections.min(voters);
  }

  static boolean fits(String configured, String clusterId) {
    return configured == null || configured.equals(clusterId);
  }

  static String names(Set<VoterId> voters) {
    return new LinkedHashSet<>(new TreeSet<>(voters))
        .stream().map(VoterId::toString).collect(Collectors.joining(", "));
  }
}
