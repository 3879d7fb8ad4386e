package io.millrace.cluster;

import io.millrace.model.VoterId;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * A live node as the cluster's members see it. Nothing of it may be the truth about the cluster: it
 * says whom to talk to.
 *
 * @param memberUuid this membership; another one after the node, or only its membership, started
 *     again or was merged back after a split
 * @param nodeId {@code node.id}
 * @param directoryId {@code directory.id} of the directory that holds the metadata log
 * @param roles {@code process.roles}
 * @param internalAddress the bound internal listener
 * @param clusterAddress the bound {@code cluster.port}
 * @param incarnation this run of the node's process
 * @param startedMs wall time at which that run began
 *     <p>Owner: immutable.
 */
public record Member(
    UUID memberUuid,
    int nodeId,
    UUID directoryId,
    List<String> roles,
    Address internalAddress,
    Address clusterAddress,
    UUID incarnation,
    long startedMs) {
  public Member {
    Objects.requireNonNull(memberUuid);
    Objects.requireNonNull(directoryId);
    Objects.requireNonNull(internalAddress);
    Objects.requireNonNull(clusterAddress);
    Objects.requireNonNull(incarnation);
    roles = List.copyOf(roles);
  }

  /** Whom this node is in the metadata quorum, if it is a voter. */
  public VoterId voterId() {
    return new VoterId(nodeId, directoryId);
  }

  /** Whether the node's roles let it vote on the cluster's metadata. */
  public boolean mayVote() {
    return roles.contains("controller");
  }
}
