package io.millrace.cluster;

import java.util.Map;

/**
 * How many partitions lack replicas, and how far replicas are behind; the counts mean what Kafka's
 * metrics and tools of the same names do.
 *
 * @param offline without a leader: OfflinePartitionsCount
 * @param underReplicated with fewer in-sync replicas than it has, those left out that a
 *     reassignment is adding: UnderReplicatedPartitions
 * @param underMinIsr with fewer in-sync replicas than {@code min.insync.replicas}, so that acks=all
 *     is refused: UnderMinIsrPartitionCount
 * @param atMinIsr with just as many: AtMinIsrPartitionCount
 * @param maxLagRecords what the replica that is furthest behind lacks of its leader's log, in
 *     offsets, as far as it is known; -1 = of no replica; 0 = there are no partitions
 * @param maxLagMs how long the replica has lacked something that has for longest; -1 likewise
 * @param nodes by node id: every one with a replica
 *     <p>Owner: immutable.
 */
public record ReplicationHealth(
    int partitions,
    int offline,
    int underReplicated,
    int underMinIsr,
    int atMinIsr,
    long maxLagRecords,
    long maxLagMs,
    Map<Integer, OfNode> nodes) {
  /**
   * The replicas of one node.
   *
   * @param leaders those that lead
   * @param outOfSync those that are not in the ISR
   * @param maxLagRecords of the one that is furthest behind; -1 = unknown of all
   * @param maxLagMs likewise
   */
  public record OfNode(
      int leaders, int replicas, int outOfSync, long maxLagRecords, long maxLagMs) {
    static final OfNode NOTHING = new OfNode(0, 0, 0, -1, -1);

    OfNode plus(ReplicationPicture.ReplicaStanding replica, int leader) {
      return new OfNode(
          leaders + (replica.nodeId() == leader ? 1 : 0),
          replicas + 1,
          outOfSync + (replica.inSync() ? 0 : 1),
          Math.max(maxLagRecords, replica.lagRecords()),
          Math.max(maxLagMs, replica.lagMs()));
    }
  }

  public ReplicationHealth {
    nodes = Map.copyOf(nodes);
  }
}
