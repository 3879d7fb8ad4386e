package io.millrace.cluster;

import io.millrace.model.TopicIdPartition;
import java.util.Collection;
import java.util.Map;

/**
 * The live picture of the cluster that every node has: each tells about itself and about the
 * partitions that it leads. Only for people and statistics: an entry that is lost or late loses no
 * more than a picture, and nothing is decided by it. What a gone member told disappears with it.
 *
 * <p>Publishing is asynchronous and does not fail: the last value counts, and goes out within the
 * publishing interval if it differs from the one before. Reading never waits.
 *
 * <p>Owner: any thread.
 */
public interface LiveMaps {
  /** Tells about this node. */
  void publishNode(NodeLive node);

  /**
   * Tells about all partitions that this node leads now; those of before that are not among them
   * are not led by it any more.
   */
  void publishPartitions(Collection<PartitionLive> led);

  /** What the members tell about themselves, by node id. */
  Map<Integer, NodeLive> nodes();

  /**
   * What leaders tell about their partitions. Where two claim one, as can be seen for a moment
   * after an election, it is the one with the higher leader epoch.
   */
  Map<TopicIdPartition, PartitionLive> partitions();
}
