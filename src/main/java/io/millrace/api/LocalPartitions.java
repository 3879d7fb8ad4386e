package io.millrace.api;

import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.TopicImage;
import io.millrace.partition.Answer;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import org.apache.kafka.common.protocol.Errors;

/**
 * Finds this node's replica of a partition that a request names, with Kafka's reasons when there is
 * none.
 *
 * <p>Owner: any thread.
 */
public final class LocalPartitions {
  private final PartitionTable partitions;

  public LocalPartitions(PartitionTable partitions) {
    this.partitions = partitions;
  }

  /**
   * The replica of this partition. UNKNOWN_TOPIC_OR_PARTITION when the cluster has no such
   * partition; NOT_LEADER_OR_FOLLOWER, which makes clients refresh their metadata, when it exists
   * but this node does not have it, or does not have it open yet.
   */
  public Answer<Partition> find(ClusterImage image, String topic, int partition) {
    TopicImage known = image.topic(topic);
    if (known == null || known.partition(partition) == null) {
      return Answer.refused(Errors.UNKNOWN_TOPIC_OR_PARTITION, null);
    }
    Partition local = partitions.get(known.id(), partition);
    return local == null ? Answer.refused(Errors.NOT_LEADER_OR_FOLLOWER, null) : Answer.of(local);
  }
}
