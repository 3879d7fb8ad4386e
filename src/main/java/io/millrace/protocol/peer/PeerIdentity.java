package io.millrace.protocol.peer;

import java.util.Objects;
import java.util.UUID;

/**
 * Who a node says it is when it opens a connection to another, or takes one.
 *
 * @param clusterId null = a fresh node that belongs to no cluster yet
 * @param nodeId {@code node.id}
 * @param directoryId {@code directory.id} of the log directory that holds the metadata log
 * @param incarnationId drawn anew at each start of the process: tells two processes apart that run
 *     on copies of one disk
 *     <p>Owner: immutable.
 */
public record PeerIdentity(String clusterId, int nodeId, UUID directoryId, UUID incarnationId) {
  /** Such an identity fits into a handshake's frame. */
  public static final int MAX_CLUSTER_ID_BYTES = 256;

  public PeerIdentity {
    Objects.requireNonNull(directoryId, "directoryId");
    Objects.requireNonNull(incarnationId, "incarnationId");
    if (clusterId != null && !isClusterId(clusterId)) {
      throw new IllegalArgumentException("not a cluster id: " + clusterId);
    }
  }

  /** Whether it is short and of printable ASCII characters: it goes into logs. */
  static boolean isClusterId(String text) {
    return text.length() <= MAX_CLUSTER_ID_BYTES && text.chars().allMatch(c -> c > ' ' && c < 127);
  }

  /** The same node as a member of this cluster. */
  public PeerIdentity inCluster(String id) {
    return new PeerIdentity(id, nodeId, directoryId, incarnationId);
  }

  /** Whether both are the same process. */
  public boolean isSameProcess(PeerIdentity other) {
    return nodeId == other.nodeId
        && directoryId.equals(other.directoryId)
        && incarnationId.equals(other.incarnationId);
  }

  /** Whether both may belong to one cluster: a node without a cluster may join any. */
  public boolean fits(PeerIdentity other) {
    return clusterId == null || other.clusterId == null || clusterId.equals(other.clusterId);
  }
}
