package io.millrace.http;

import io.millrace.cluster.NodeLive;
import io.millrace.cluster.ReplicationPicture;
import io.millrace.metadata.ClusterImage;
import io.millrace.partition.PartitionTable;
import io.millrace.quorum.QuorumView;
import java.util.List;
import java.util.Map;

/**
 * What HTTP may see of the node. Declared here, wired by {@code server}.
 *
 * <p>Owner: any thread.
 */
public interface NodeView {
  /**
   * Facts that do not change once they are known.
   *
   * @param nodeId {@code node.id}, given or generated; -1 = not known yet
   * @param version of Millrace
   * @param pid of the process
   * @param startedAtMs wall time
   *     <p>Owner: immutable.
   */
  record Identity(int nodeId, String version, long pid, long startedAtMs) {}

  Identity identity();

  /** The newest image of the cluster; null or at offset -1 = the metadata is not read yet. */
  ClusterImage image();

  /** The partitions with a replica here; null = the metadata is not read yet. */
  PartitionTable partitions();

  /** The groups that this node coordinates; null = the metadata is not read yet. */
  GroupsView groups();

  /** The transactions that this node coordinates; null = the metadata is not read yet. */
  TransactionsView transactions();

  /** How the scrub of the log directories stands; null = not known yet. */
  default ScrubView scrub() {
    return null;
  }

  /** The quorum as this node sees it; null = not there yet, or the node does not say. */
  default QuorumView quorum() {
    return null;
  }

  /** How the replicas of the cluster are; null = the metadata is not read yet. */
  ReplicationPicture replication();

  /**
   * A log directory of this node.
   *
   * @param state online, cordoned, failed, full or silent (its disk does not answer)
   * @param usableBytes that can be written; -1 = unknown
   * @param logs in it
   * @param arriving logs that move here from another directory
   * @param bytesLeft of these that are not here yet
   *     <p>Owner: immutable.
   */
  record Disk(
      String path, String state, long usableBytes, int logs, int arriving, long bytesLeft) {}

  /** The log directories of this node; empty = not known yet, or the node does not say. */
  default List<Disk> disks() {
    return List.of();
  }

  /** What the members of the cluster tell about themselves, by node id; empty = it is alone. */
  default Map<Integer, NodeLive> nodes() {
    return Map.of();
  }
}
