package io.millrace.cluster;

import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicIdPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.ToIntFunction;

/**
 * The replicas of the cluster at one moment: what is committed of them, and how far they are as
 * their leaders tell. What a leader of another epoch told does not count.
 *
 * <p>Owner: any thread.
 */
public final class ReplicationPicture {
  /**
   * What is committed of a partition, judged.
   *
   * @param minInsyncReplicas in force: no more than there are replicas
   */
  public record Standing(
      boolean offline, boolean underReplicated, int isrSize, int minInsyncReplicas) {
    public boolean underMinIsr() {
      return isrSize < minInsyncReplicas;
    }

    public boolean atMinIsr() {
      return isrSize == minInsyncReplicas;
    }
  }

  /**
   * A replica.
   *
   * @param logEndOffset exclusive; -1 = unknown
   * @param lagRecords what it lacks of its leader's log, in offsets; -1 = unknown
   * @param lagMs how long it has lacked something; 0 = nothing; -1 = unknown
   */
  public record ReplicaStanding(
      int nodeId, boolean inSync, long logEndOffset, long lagRecords, long lagMs) {}

  private final ClusterImage image;
  private final ToIntFunction<TopicImage> minInsyncReplicas;
  private final Function<TopicIdPartition, PartitionLive> live;
  // Replaced as one; two threads that count at the same time do no harm.
  private volatile ReplicationHealth total;

  /**
   * Of these.
   *
   * @param minInsyncReplicas {@code min.insync.replicas} of a topic
   * @param live what its leader tells of a partition; null = nothing
   */
  public ReplicationPicture(
      ClusterImage image,
      ToIntFunction<TopicImage> minInsyncReplicas,
      Function<TopicIdPartition, PartitionLive> live) {
    this.image = image;
    this.minInsyncReplicas = minInsyncReplicas;
    this.live = live;
  }

  public ClusterImage image() {
    return image;
  }

  /** What is committed of a partition. */
  public Standing standing(TopicImage topic, PartitionImage partition) {
    return standing(partition, minInsyncReplicas.applyAsInt(topic));
  }

  private static Standing standing(PartitionImage partition, int minInsyncReplicas) {
    int replicas = partition.replicas().size();
    return new Standing(
        partition.leader() == PartitionImage.NO_LEADER,
        partition.isr().size() < replicas - partition.adding().size(),
        partition.isr().size(),
        Math.min(replicas, minInsyncReplicas));
  }

  /** All replicas of a partition, in the order of the assignment. */
  public List<ReplicaStanding> replicas(TopicImage topic, PartitionImage partition) {
    PartitionLive told =
        live.apply(new TopicIdPartition(topic.id(), topic.name(), partition.partition()));
    Map<Integer, ReplicaLive> known = new HashMap<>();
    if (told != null && told.leaderEpoch() == partition.leaderEpoch()) {
      told.replicas().forEach(replica -> known.put(replica.nodeId(), replica));
    }
    ReplicaLive leader = known.get(partition.leader());
    List<ReplicaStanding> all = new ArrayList<>(partition.replicas().size());
    for (int node : partition.replicas()) {
      ReplicaLive replica = known.get(node);
      long end = replica == null ? -1 : replica.logEndOffset();
      all.add(
          new ReplicaStanding(
              node,
              partition.isr().contains(node),
              end,
              end < 0 || leader == null ? -1 : Math.max(0, leader.logEndOffset() - end),
              replica == null ? -1 : replica.lagMs()));
    }
    return all;
  }

  /** Of the whole cluster. */
  public ReplicationHealth total() {
    ReplicationHealth known = total;
    if (known == null) {
      known = count(any -> true);
      total = known;
    }
    return known;
  }

  /** Of the partitions that one node leads. */
  public ReplicationHealth ledBy(int nodeId) {
    return count(leader -> leader == nodeId);
  }

  private ReplicationHealth count(IntPredicate leaders) {
    int partitions = 0;
    int offline = 0;
    int underReplicated = 0;
    int underMinIsr = 0;
    int atMinIsr = 0;
    long maxLagRecords = -1;
    long maxLagMs = -1;
    Map<Integer, ReplicationHealth.OfNode> nodes = new HashMap<>();
    for (TopicImage topic : image.topics()) {
      int minimum = minInsyncReplicas.applyAsInt(topic);
      for (PartitionImage partition : topic.partitions()) {
        if (!leaders.test(partition.leader())) {
          continue;
        }
        Standing standing = standing(partition, minimum);
        partitions++;
        offline += standing.offline() ? 1 : 0;
        underReplicated += standing.underReplicated() ? 1 : 0;
        underMinIsr += standing.underMinIsr() ? 1 : 0;
        atMinIsr += standing.atMinIsr() ? 1 : 0;
        for (ReplicaStanding replica : replicas(topic, partition)) {
          maxLagRecords = Math.max(maxLagRecords, replica.lagRecords());
          maxLagMs = Math.max(maxLagMs, replica.lagMs());
          nodes.put(
              replica.nodeId(),
              nodes
                  .getOrDefault(replica.nodeId(), ReplicationHealth.OfNode.NOTHING)
                  .plus(replica, partition.leader()));
        }
      }
    }
    return new ReplicationHealth(
        partitions,
        offline,
        underReplicated,
        underMinIsr,
        atMinIsr,
        partitions == 0 ? 0 : maxLagRecords,
        partitions == 0 ? 0 : maxLagMs,
        nodes);
  }
}
