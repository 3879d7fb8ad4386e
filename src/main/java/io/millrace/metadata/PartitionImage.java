package io.millrace.metadata;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * What the controller has committed about a partition.
 *
 * @param partition its index
 * @param replicas node ids in order of preference; the first is the preferred leader. While the
 *     partition is reassigned: those that it is to have, then those that are to leave
 * @param isr the committed in-sync replicas
 * @param lastIsr members of the last ISR that left it when it fell below the minimum (KIP-966's
 *     ELR)
 * @param leader node id; -1 = offline
 * @param leaderEpoch grows by one with each change of the leader
 * @param partitionEpoch grows by one with each change of any of these fields
 * @param possibleLoss true = the leader was not known to have every acknowledged record when it was
 *     elected, and no other replica has come into the ISR since
 * @param adding those of the replicas that a reassignment under way adds (KIP-455); empty = none
 * @param removing those of the replicas that it removes; empty = none
 * @param maybeCut replicas that were in the ISR or the last ISR until the end of their log may have
 *     been lost (KIP-966's last known ELR), or until nobody in it was heard of, or any others when
 *     the last member lost its disk; each until it is in the ISR again, has no replica or nothing
 *     of it. One that is the ISR all the same, since it was its last member or took its place, may
 *     lead only when it has the most of them
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
    boolean possibleLoss,
    List<Integer> adding,
    List<Integer> removing,
    List<Integer> maybeCut) {
  /** {@link #leader} when there is none. */
  public static final int NO_LEADER = -1;

  public PartitionImage {
    replicas = List.copyOf(replicas);
    isr = List.copyOf(isr);
    lastIsr = List.copyOf(lastIsr);
    adding = List.copyOf(adding);
    removing = List.copyOf(removing);
    maybeCut = List.copyOf(maybeCut);
  }

  /** A partition that is not reassigned, and of which no log may have lost its end. */
  public PartitionImage(
      int partition,
      List<Integer> replicas,
      List<Integer> isr,
      List<Integer> lastIsr,
      int leader,
      int leaderEpoch,
      int partitionEpoch,
      boolean possibleLoss) {
    this(
        partition,
        replicas,
        isr,
        lastIsr,
        leader,
        leaderEpoch,
        partitionEpoch,
        possibleLoss,
        List.of(),
        List.of(),
        List.of());
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

  /**
   * Whether it waits to hear how far the logs of its replicas reach: nobody is left whose log is
   * known to be whole, and more than one of them may have the most.
   */
  public boolean awaitsLogEnds() {
    return leader == NO_LEADER && isr.size() == 1 && maybeCut.contains(isr.get(0));
  }

  /** Whether a reassignment is under way. */
  public boolean isReassigning() {
    return !adding.isEmpty() || !removing.isEmpty();
  }

  /** The replicas that it is to have when the reassignment under way is complete. */
  public List<Integer> targetReplicas() {
    return without(replicas, removing);
  }

  /** The replicas that it has again when the reassignment under way is cancelled. */
  public List<Integer> originalReplicas() {
    return without(replicas, adding);
  }

  private static List<Integer> without(List<Integer> all, Collection<Integer> some) {
    List<Integer> left = new ArrayList<>(all);
    left.removeAll(some);
    return left;
  }
}
