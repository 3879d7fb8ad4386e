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
  /**
   * Parses the text form.
   *
   * @throws IllegalArgumentException if {@code text} is not a node id, a dash and a directory id
   */
  public static VoterId parse(String text) {
    int dash = text.indexOf('-');
    try {
      int nodeId = Integer.parseInt(text.substring(0, Math.max(dash, 0)));
      TopicId directory = TopicId.parse(text.substring(dash + 1));
      return new VoterId(
          nodeId, new UUID(directory.mostSignificantBits(), directory.leastSignificantBits()));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Voter '"
              + text
              + "' is not a node id, a dash and the 22 characters of a directory id, such as"
              + " 3-MUqaxPZ1SPSbmSKsaxhcIg",
          e);
    }
  }

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
