package io.millrace.metadata;

import io.millrace.metadata.MetadataRecord.ReplicaConditions;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;

/**
 * The replicas of all nodes that are not online; who is not named is.
 *
 * <p>Owner: whoever made it.
 */
final class Conditions {
  private PMap<Integer, PMap<TopicId, PMap<Integer, ReplicaCondition>>> all;

  Conditions(PMap<Integer, PMap<TopicId, PMap<Integer, ReplicaCondition>>> before) {
    all = before;
  }

  PMap<Integer, PMap<TopicId, PMap<Integer, ReplicaCondition>>> all() {
    return all;
  }

  void apply(ReplicaConditions record) {
    for (int partition : record.partitions()) {
      set(record.nodeId(), record.topicId(), partition, record.condition());
    }
  }

  private void set(int nodeId, TopicId topic, int partition, ReplicaCondition condition) {
    PMap<TopicId, PMap<Integer, ReplicaCondition>> topics =
        all.getOrDefault(nodeId, HashTreePMap.empty());
    PMap<Integer, ReplicaCondition> partitions = topics.getOrDefault(topic, HashTreePMap.empty());
    put(
        nodeId,
        topics,
        topic,
        condition == ReplicaCondition.ONLINE
            ? partitions.minus(partition)
            : partitions.plus(partition, condition));
  }

  private void put(
      int nodeId,
      PMap<TopicId, PMap<Integer, ReplicaCondition>> topics,
      TopicId topic,
      PMap<Integer, ReplicaCondition> partitions) {
    PMap<TopicId, PMap<Integer, ReplicaCondition>> left =
        partitions.isEmpty() ? topics.minus(topic) : topics.plus(topic, partitions);
    all = left.isEmpty() ? all.minus(nodeId) : all.plus(nodeId, left);
  }

  /** The partition has other replicas than before. */
  void onReplicas(TopicId topic, int partition, List<Integer> before, List<Integer> now) {
    for (int nodeId : before) {
      if (!now.contains(nodeId) && all.containsKey(nodeId)) {
        set(nodeId, topic, partition, ReplicaCondition.ONLINE);
      }
    }
  }

  void forgetNode(int nodeId) {
    all = all.minus(nodeId);
  }

  void forgetTopic(TopicId topic) {
    for (Map.Entry<Integer, PMap<TopicId, PMap<Integer, ReplicaCondition>>> node : all.entrySet()) {
      put(node.getKey(), node.getValue(), topic, HashTreePMap.empty());
    }
  }

  /** What says the same of the replicas of one topic on one node. */
  static Collection<MetadataRecord> records(
      int nodeId, TopicId topic, Map<Integer, ReplicaCondition> partitions) {
    Map<ReplicaCondition, List<Integer>> byCondition = new EnumMap<>(ReplicaCondition.class);
    new TreeMap<>(partitions)
        .forEach(
            (partition, condition) ->
                byCondition.computeIfAbsent(condition, any -> new ArrayList<>()).add(partition));
    List<MetadataRecord> records = new ArrayList<>();
    byCondition.forEach(
        (condition, of) -> records.add(new ReplicaConditions(topic, nodeId, condition, of)));
    return records;
  }
}
