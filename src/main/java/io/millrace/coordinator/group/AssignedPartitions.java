package io.millrace.coordinator.group;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads what the leader of a classic group of consumers has assigned to a member.
 *
 * <p>Owner: immutable.
 */
final class AssignedPartitions {
  private AssignedPartitions() {}

  /** By topic, in order; empty = nothing is assigned; null = not in the consumers' form. */
  static Map<String, List<Integer>> of(byte[] assignment) {
    Map<String, List<Integer>> byTopic = new TreeMap<>();
    if (assignment.length == 0) {
      return byTopic;
    }
    try {
      for (TopicPartition partition :
          ConsumerProtocol.deserializeAssignment(ByteBuffer.wrap(assignment)).partitions()) {
        byTopic
            .computeIfAbsent(partition.topic(), topic -> new ArrayList<>())
            .add(partition.partition());
      }
    } catch (RuntimeException e) {
      // Any bytes may come from a leader, and the generated classes fail in many ways.
      return null;
    }
    byTopic.values().forEach(Collections::sort);
    return byTopic;
  }
}
