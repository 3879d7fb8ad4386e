package io.millrace.model;

import java.util.UUID;

/**
 * A voter of the metadata quorum: a node together with the directory that holds its metadata log
 * (KIP-853). A node whose disk was wiped has another directory id, so it is another voter: what the
 * old one promised is gone.
 *
 * @param nodeId the node's {@code node.id}
 * @param directoryId {@code directory.id} of its {@code meta.properties}
 *     <p>Owner: immutable.
 */
public record VoterId(int nodeId, UUID directoryId) implements Comparable<VoterId> {
  @Override
  public int compareTo(VoterId other) {
    int byNode = Integer.compare(nodeId, other.nodeId);
    return byNode != 0 ? byNode : directoryId.compareTo(other.directoryId);
  }

  /** Such as {@code 3-MUqaxPZ1SPSbmSKsaxhcIg}; the directory id in Kafka's form. */
  @Override
  public String toString() {
    return nodeId
        + "-"
        + new TopicId(directoryId.getMostSignificantBits(), directoryId.getLeastSignificantBits());
  }
}
