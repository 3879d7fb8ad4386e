package io.millrace.coordinator.group.consumer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import org.apache.kafka.common.Uuid;

/**
 * Which member of a group has which partition, or has not given it up yet.
 *
 * <p>Invariant: a partition has one owner at most.
 *
 * <p>Owner: partition loop.
 */
final class PartitionOwners {
  private final Map<Uuid, String[]> byTopic = new HashMap<>();

  PartitionOwners() {}

  PartitionOwners(PartitionOwners other) {
    other.byTopic.forEach((topicId, owners) -> byTopic.put(topicId, owners.clone()));
  }

  /** null = nobody's. */
  String owner(Uuid topicId, int partition) {
    String[] owners = byTopic.get(topicId);
    return owners == null || partition >= owners.length ? null : owners[partition];
  }

  void take(String memberId, SortedMap<Uuid, SortedMap<Integer, Integer>> partitions) {
    partitions.forEach(
        (topicId, epochs) -> {
          int length = epochs.lastKey() + 1;
          String[] owners = byTopic.getOrDefault(topicId, new String[length]);
          if (owners.length < length) {
            owners = Arrays.copyOf(owners, length);
          }
          for (int partition : epochs.keySet()) {
            owners[partition] = memberId;
          }
          byTopic.put(topicId, owners);
        });
  }

  void release(String memberId, SortedMap<Uuid, SortedMap<Integer, Integer>> partitions) {
    partitions.forEach(
        (topicId, epochs) -> {
          String[] owners = byTopic.get(topicId);
          if (owners == null) {
            return;
          }
          for (int partition : epochs.keySet()) {
            if (partition < owners.length && memberId.equals(owners[partition])) {
              owners[partition] = null;
            }
          }
          if (Arrays.stream(owners).allMatch(owner -> owner == null)) {
            byTopic.remove(topicId);
          }
        });
  }
}
