package io.millrace.cluster;

import io.millrace.protocol.peer.ClusterSecret;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * What a node needs to become a member.
 *
 * @param clusterName only members with the same one find each other; {@link #CLUSTER_NAME}
 * @param nodeId {@code node.id}
 * @param directoryId of the directory that holds the metadata log
 * @param roles {@code process.roles}
 * @param internalAddress the internal listener, already bound
 * @param host the local address to bind and to be reached by: an IP address or a name that has one
 * @param port {@code cluster.port}; 0 = any free one
 * @param discovery how to find the others
 * @param incarnation this run of the process
 * @param startedMs wall time at which it began
 * @param secret what whoever connects has to prove
 *     <p>Owner: immutable.
 */
public record MembershipConfig(
    String clusterName,
    int nodeId,
    UUID directoryId,
    List<String> roles,
    Address internalAddress,
    String host,
    int port,
    Discovery discovery,
    UUID incarnation,
    long startedMs,
    ClusterSecret secret) {
  /**
   * The name that all clusters of Millrace have: a fresh node does not know the cluster's id yet.
   */
  public static final String CLUSTER_NAME = "millrace";

  public MembershipConfig {
    Objects.requireNonNull(clusterName);
    Objects.requireNonNull(directoryId);
    Objects.requireNonNull(internalAddress);
    Objects.requireNonNull(host);
    Objects.requireNonNull(discovery);
    Objects.requireNonNull(incarnation);
    Objects.requireNonNull(secret);
    roles = List.copyOf(roles);
  }
}
