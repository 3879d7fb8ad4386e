package io.millrace.cluster;

import io.millrace.model.TopicIdPartition;
import java.util.List;

/**
 * What the leader of a partition tells about it.
 *
 * @param leader node id of who tells this
 * @param replicas all replicas, the leader included, in the order of the assignment
 *     <p>Owner: immutable.
 */
public record PartitionLive(
    TopicIdPartition partition,
    int leader,
    int leaderEpoch,
    long logStartOffset,
    long highWatermark,
    List<ReplicaLive> replicas) {
  public PartitionLive {
    replicas = List.copyOf(replicas);
  }
}
