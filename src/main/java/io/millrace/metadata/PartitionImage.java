package io.millrace.metadata;

import java.util.List;

/**
 * What the controller has committed about a partition.
 *
 * @param partition its index
 * @param replicas node ids in order of preference; the first is the preferred leader
 * @param isr the committed in-sync replicas
 * @param lastIsr members of the last ISR that left it when it fell below the minimum (KIP-966's
 *     ELR)
 * @param leader node id; -1 = offline
 * @param leaderEpoch grows by one with each change of the leader
 * @param partitionEpoch grows by one with each change of any of these fields
 * @param possibleLoss true = the leader was not known to have every acknowledged record when it was
 *     elected, and no other replica has come into the ISR since
 *     <p>Owner: immutable.
 */
public record PartitionImage(
    int partition,
    List<Integer> replicas,
    List<Integer> isr,
    List<Integer> lastIsr,
    int leader,
    int leaderEpoch,
    int partitionEpoch,
    boolean possibleLoss) {
  /** {@link #leader} when there is none. */
  public static final int NO_LEADER = -1;

  public PartitionImage {
    replicas = List.copyOf(replicas);
    isr = List.copyOf(isr);
    lastIsr = List.copyOf(lastIsr);
  }

  /** A partition that lost nothing. */
  public PartitionImage(
      int partition,
      List<Integer> replicas,
      List<Integer> isr,
      List<Integer> lastIsr,
      int leader,
      int leaderEpoch,
      int partitionEpoch) {
    this(partition, replicas, isr, lastIsr, leader, leaderEpoch, partitionEpoch, false);
  }
}
