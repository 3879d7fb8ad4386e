package io.millrace.controller;

import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;

/**
 * What there is to see of a controller and of the cluster in its image; the counts mean what
 * Kafka's metrics of the same names do.
 *
 * @param active whether this node is the active controller: ActiveControllerCount
 * @param commandsUnderWay decided and not yet committed
 * @param lastAppliedOffset offset of the last record in the image; -1 = none
 * @param activeBrokers ActiveBrokerCount
 * @param fencedBrokers FencedBrokerCount
 * @param topics GlobalTopicCount
 * @param partitions GlobalPartitionCount
 * @param offlinePartitions OfflinePartitionsCount: without a leader
 * @param preferredReplicaImbalance PreferredReplicaImbalanceCount: not led by the first replica
 * @param possibleLosses partitions marked as {@link PartitionImage#possibleLoss}
 *     <p>Owner: immutable.
 */
public record ControllerFigures(
    boolean active,
    int commandsUnderWay,
    long lastAppliedOffset,
    int activeBrokers,
    int fencedBrokers,
    int topics,
    int partitions,
    int offlinePartitions,
    int preferredReplicaImbalance,
    int possibleLosses) {

  /** Counts once through the image. */
  static ControllerFigures of(ClusterImage image, boolean active, int underWay) {
    int fenced = 0;
    for (BrokerImage broker : image.brokers().values()) {
      fenced += broker.fenced() ? 1 : 0;
    }
    int partitions = 0;
    int offline = 0;
    int imbalance = 0;
    int losses = 0;
    for (TopicImage topic : image.topics()) {
      partitions += topic.partitions().size();
      for (PartitionImage partition : topic.partitions()) {
        offline += partition.leader() == PartitionImage.NO_LEADER ? 1 : 0;
        imbalance += partition.leader() != partition.replicas().get(0) ? 1 : 0;
        losses += partition.possibleLoss() ? 1 : 0;
      }
    }
    return new ControllerFigures(
        active,
        underWay,
        image.offset(),
        image.brokers().size() - fenced,
        fenced,
        image.topics().size(),
        partitions,
        offline,
        imbalance,
        losses);
  }
}
