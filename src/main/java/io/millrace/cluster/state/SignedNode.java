package io.millrace.cluster.state;

import io.millrace.model.VoterId;
import io.millrace.quorum.Formation;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Decides for a node that has signed a proposal and does not know yet whether all first voters
 * have: it confirms, or waits and says what a person can do if it waits in vain. It never takes its
 * signature back, because the others may count on it.
 *
 * <p>Owner: immutable.
 */
final class SignedNode {
  private final FormationSelf self;
  private final Hearsay hearsay;
  private final Formation proposal;

  /** Who is known to have signed it. */
  private final Set<VoterId> signatures;

  SignedNode(FormationSelf self, Hearsay hearsay, Formation proposal, Set<VoterId> signatures) {
    this.self = self;
    this.hearsay = hearsay;
    this.proposal = proposal;
    this.signatures = signatures;
  }

  Step next() {
    if (!self.mayVote()) {
      return Step.waiting(
          "this node has signed to be a first voter of cluster "
              + proposal.clusterId()
              + ", but process.roles has no controller: give it back that role, or wipe its disk so"
              + " that it joins as a new node");
    }
    if (signatures.containsAll(proposal.voters())) {
      return Step.write(proposal.confirm());
    }
    for (FormationReport report : hearsay.reports()) {
      // Who is in the cluster has it from somebody who knew of all signatures.
      if (report.isFormed() && report.signed().isSameProposal(proposal)) {
        return Step.write(proposal.confirm());
      }
    }
    List<String> reasons = new ArrayList<>();
    for (VoterId voter : new TreeSet<>(proposal.voters())) {
      if (!signatures.contains(voter)) {
        reasons.add(missing(voter));
      }
    }
    hearsay.reports().stream()
        .filter(FormationReport::isFormed)
        .map(report -> report.signed().clusterId())
        .distinct()
        .map(
            clusterId ->
                "there is a cluster "
                    + clusterId
                    + ", which is not the one that this node has signed; to join it instead, "
                    + startAnew())
        .forEach(reasons::add);
    return Step.waiting(reasons);
  }

  private String missing(VoterId voter) {
    String who = "node " + voter.nodeId();
    VoterId holder = hearsay.holderOf(voter.nodeId());
    if (holder == null) {
      return "waiting for the signature of " + who + ", which is not there";
    }
    if (!holder.equals(voter)) {
      return who
          + " lost its disk before the cluster was formed ("
          + voter
          + " was to sign, it is "
          + holder
          + " now): "
          + (allKnown()
              ? startAnew()
              : "when all of "
                  + FreshNode.names(proposal.voters())
                  + " are there, it is known whether it signed before");
    }
    FormationReport report = hearsay.of(voter);
    if (report == null || (report.isSigned() && report.signed().isSameProposal(proposal))) {
      return "no word yet from " + who + ", whose signature is missing";
    }
    if (report.signed() != null) {
      return who
          + (report.isFormed() ? " belongs to cluster " : " has signed for another cluster, ")
          + report.signed().clusterId()
          + ", so that cluster "
          + proposal.clusterId()
          + " can never be formed: "
          + startAnew();
    }
    if (!report.expected().isEmpty() && !report.expected().equals(proposal.voters())) {
      return who
          + " does not sign: it has "
          + report.settings()
          + " and expects the first voters "
          + FreshNode.names(report.expected())
          + ", this node has signed for "
          + FreshNode.names(proposal.voters())
          + ": set the same cluster.seeds on all nodes";
    }
    return "waiting for the signature of " + who;
  }

  /** Whether nobody can come back who knows more of this proposal. */
  private boolean allKnown() {
    return proposal.voters().stream()
        .allMatch(
            voter -> {
              VoterId holder = hearsay.holderOf(voter.nodeId());
              return voter.equals(self.id())
                  || hearsay.of(voter) != null
                  || (holder != null && !holder.equals(voter));
            });
  }

  private String startAnew() {
    Set<Integer> others = new TreeSet<>();
    proposal.voters().forEach(voter -> others.add(voter.nodeId()));
    others.remove(self.id().nodeId());
    return "stop this node and those of nodes "
        + others
        + " that say the same, delete the file "
        + self.file()
        + " on each, then start them again";
  }
}
