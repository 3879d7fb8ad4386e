package io.millrace.api.cluster;

import io.millrace.api.InternalTopics;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import io.millrace.protocol.WireIds;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/**
 * Topics in the words of one version of Metadata.
 *
 * <p>Owner: immutable.
 */
final class TopicMetadata {
  private final ReachableBrokers brokers;
  private final short version;
  private final int authorizedOperations;

  /**
   * For one request.
   *
   * @param authorizedOperations of each topic
   */
  TopicMetadata(ReachableBrokers brokers, short version, int authorizedOperations) {
    this.brokers = brokers;
    this.version = version;
    this.authorizedOperations = authorizedOperations;
  }

  MetadataResponseTopic describe(TopicImage topic) {
    List<MetadataResponsePartition> partitions = new ArrayList<>(topic.partitions().size());
    for (PartitionImage partition : topic.partitions()) {
      partitions.add(describe(topic.id(), partition));
    }
    return new MetadataResponseTopic()
        .setName(topic.name())
        .setTopicId(WireIds.uuid(topic.id()))
        .setIsInternal(InternalTopics.isInternal(topic.name()))
        .setPartitions(partitions)
        .setTopicAuthorizedOperations(authorizedOperations);
  }

  private MetadataResponsePartition describe(TopicId topic, PartitionImage partition) {
    MetadataResponsePartition response =
        new MetadataResponsePartition()
            .setPartitionIndex(partition.partition())
            .setLeaderId(partition.leader())
            .setLeaderEpoch(partition.leaderEpoch())
            .setReplicaNodes(partition.replicas())
            .setIsrNodes(partition.isr())
            .setOfflineReplicas(brokers.offline(topic, partition));
    if (version == 0) {
      // Clients of version 0 must find every node they read of in the list of brokers.
      response
          .setReplicaNodes(brokers.online(partition.replicas()))
          .setIsrNodes(brokers.online(partition.isr()));
      if (response.replicaNodes().size() < partition.replicas().size()
          || response.isrNodes().size() < partition.isr().size()) {
        response.setErrorCode(Errors.REPLICA_NOT_AVAILABLE.code());
      }
    }
    if (brokers.leaderOf(partition) == null) {
      response
          .setLeaderId(PartitionImage.NO_LEADER)
          .setErrorCode(noLeader(partition.leader()).code());
    }
    return response;
  }

  /** From version 6 on a missing listener is told apart from a missing leader. */
  private Errors noLeader(int leader) {
    return version >= 6 && brokers.isRegistered(leader) && brokers.get(leader) == null
        ? Errors.LISTENER_NOT_FOUND
        : Errors.LEADER_NOT_AVAILABLE;
  }

  /** A topic asked for by name that there is nothing to tell of. */
  MetadataResponseTopic refused(String name, Errors error) {
    return new MetadataResponseTopic()
        .setErrorCode(error.code())
        .setName(name)
        .setIsInternal(InternalTopics.isInternal(name))
        .setTopicAuthorizedOperations(authorizedOperations);
  }

  /** A topic asked for by an id that the cluster does not have. */
  static MetadataResponseTopic unknown(Uuid id) {
    return new MetadataResponseTopic()
        .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code())
        .setName(null)
        .setTopicId(id);
  }
}
