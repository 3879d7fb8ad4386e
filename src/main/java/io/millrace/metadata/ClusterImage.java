package io.millrace.metadata;

import io.millrace.model.TopicId;
import io.millrace.model.VoterId;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

/**
 * All committed cluster metadata at one offset of the metadata log. Readers take one reference for
 * each request.
 *
 * <p>Owner: immutable.
 */
public interface ClusterImage {
  /** Offset of the last applied record of the metadata log; -1 = nothing is applied yet. */
  long offset();

  /** The cluster's id, 22 characters; null before the first record. */
  String clusterId();

  /** Node id of the active controller; -1 = unknown. */
  int controllerId();

  /** Registered brokers by node id, fenced ones too. */
  Map<Integer, BrokerImage> brokers();

  Collection<TopicImage> topics();

  /** null = there is no such topic. */
  TopicImage topic(String name);

  /** null = there is no such topic. */
  TopicImage topic(TopicId id);

  /** The explicitly set configs of a resource, never null. */
  Map<String, String> configs(ConfigResource resource);

  /** The resources that have explicitly set configs. */
  default Set<ConfigResource> configured() {
    return Set.of();
  }

  /** Registered nodes that may vote and serve no clients, by node id. */
  default Map<Integer, ControllerImage> controllers() {
    return Map.of();
  }

  /** Levels of the finalized features, by name. */
  default Map<String, Integer> features() {
    return Map.of();
  }

  /** The finalized level of {@link MetadataVersion}. */
  default int metadataVersion() {
    return MetadataVersion.of(features());
  }

  /** Who votes on the metadata log; empty = this node alone, and it was never said. */
  default Set<VoterId> voters() {
    return Set.of();
  }

  /**
   * Replicas of a node that are not online, by topic and partition, as the node has reported them;
   * the same object as long as nothing changes.
   */
  default Map<TopicId, ? extends Map<Integer, ReplicaCondition>> conditions(int nodeId) {
    return Map.of();
  }

  /** The condition of one replica. */
  default ReplicaCondition condition(int nodeId, TopicId topic, int partition) {
    Map<Integer, ReplicaCondition> ofTopic = conditions(nodeId).get(topic);
    return ofTopic == null
        ? ReplicaCondition.ONLINE
        : ofTopic.getOrDefault(partition, ReplicaCondition.ONLINE);
  }

  /** Topics that are deleted while nodes that were away may still have logs of them. */
  default Map<TopicId, RemovedTopic> removedTopics() {
    return Map.of();
  }
}
