package io.millrace.controller.state;

import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.PartitionImage;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * New partitions out of lists of replicas.
 *
 * <p>Owner: any thread.
 */
final class Assignments {
  /** When the first list is what the others are compared with. */
  static final int ANY_SIZE = -1;

  private Assignments() {}

  /** Refuses replicas that a client asked for and that cannot be. */
  static void check(MetadataImage image, List<Integer> replicas, int expectedSize) throws Refusal {
    if (replicas == null || replicas.isEmpty()) {
      throw invalid("The manual assignment has a partition without replicas");
    }
    Set<Integer> seen = new HashSet<>();
    for (int nodeId : replicas) {
      if (nodeId < 0) {
        throw invalid("The manual assignment names broker " + nodeId + ", which no id can be");
      }
      if (!image.brokers().containsKey(nodeId)) {
        throw invalid("The manual assignment names broker " + nodeId + ", which is not registered");
      }
      if (!seen.add(nodeId)) {
        throw invalid("The manual assignment names broker " + nodeId + " twice in one partition");
      }
    }
    if (expectedSize != ANY_SIZE && replicas.size() != expectedSize) {
      throw invalid(
          "The manual assignment has a partition with "
              + replicas.size()
              + " replica(s), where the others have "
              + expectedSize);
    }
  }

  static Refusal invalid(String message) {
    return new Refusal(Errors.INVALID_REPLICA_ASSIGNMENT, message);
  }

  /**
   * The partition as it starts: unfenced replicas are in sync, the first of them leads.
   *
   * @param ifNobody the error when all replicas are fenced
   */
  static PartitionImage newPartition(
      MetadataImage image, int partition, List<Integer> replicas, Errors ifNobody) throws Refusal {
    List<Integer> isr = replicas.stream().filter(nodeId -> isActive(image, nodeId)).toList();
    if (isr.isEmpty()) {
      throw new Refusal(ifNobody, "All brokers assigned to partition " + partition + " are fenced");
    }
    return new PartitionImage(partition, replicas, isr, List.of(), isr.get(0), 0, 0);
  }

  static boolean isActive(ClusterImage image, int nodeId) {
    BrokerImage broker = image.brokers().get(nodeId);
    return broker != null && broker.active();
  }
}
