package io.millrace.protocol.replica;

import io.millrace.model.TopicId;
import java.util.List;
import org.apache.kafka.common.message.FetchSnapshotRequestData;
import org.apache.kafka.common.message.FetchSnapshotRequestData.PartitionSnapshot;
import org.apache.kafka.common.message.FetchSnapshotRequestData.SnapshotId;
import org.apache.kafka.common.message.FetchSnapshotRequestData.TopicSnapshot;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * Asks a replica, a leader or a follower, for the batches of a range that the asker has lost. On
 * the wire it is Kafka's FetchSnapshot, which nodes of Millrace do not use otherwise: the topic's
 * name is its id, the position is the first offset, and the end of the snapshot is where the range
 * ends (exclusive).
 *
 * @param nodeId the asker, which must be a replica of the partition
 * @param leaderEpoch of the partition as the asker knows it; both must know the same
 *     <p>Owner: immutable.
 */
public record ReplicaCopyRequest(
    int nodeId, TopicId topic, int partition, int leaderEpoch, long from, long to, int maxBytes) {
  public static final short VERSION = 0;

  /** As it goes over the wire. */
  public ApiMessage message() {
    return new FetchSnapshotRequestData()
        .setReplicaId(nodeId)
        .setMaxBytes(maxBytes)
        .setTopics(
            List.of(
                new TopicSnapshot()
                    .setName(topic.toString())
                    .setPartitions(
                        List.of(
                            new PartitionSnapshot()
                                .setPartition(partition)
                                .setCurrentLeaderEpoch(leaderEpoch)
                                .setSnapshotId(
                                    new SnapshotId().setEndOffset(to).setEpoch(leaderEpoch))
                                .setPosition(from)))));
  }

  /**
   * Reads a request; null = it is none: it does not ask for exactly one range of a topic with an
   * id.
   */
  public static ReplicaCopyRequest of(ApiMessage message) {
    FetchSnapshotRequestData request = (FetchSnapshotRequestData) message;
    if (request.topics().size() != 1 || request.topics().get(0).partitions().size() != 1) {
      return null;
    }
    TopicSnapshot topic = request.topics().get(0);
    PartitionSnapshot range = topic.partitions().get(0);
    TopicId id;
    try {
      id = TopicId.parse(topic.name());
    } catch (IllegalArgumentException e) {
      return null;
    }
    return new ReplicaCopyRequest(
        request.replicaId(),
        id,
        range.partition(),
        range.currentLeaderEpoch(),
        range.position(),
        range.snapshotId().endOffset(),
        request.maxBytes());
  }
}
