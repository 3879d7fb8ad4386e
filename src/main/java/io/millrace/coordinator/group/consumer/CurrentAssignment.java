package io.millrace.coordinator.group.consumer;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/**
 * What a member has now. The partitions of both maps are its own: nobody else gets them.
 *
 * @param epoch of the member; 0 = it has just come, -1 = it is leaving, -2 = a static member that
 *     is away
 * @param previousEpoch the epoch before; a heartbeat with it may be the repetition of one whose
 *     answer was lost
 * @param assigned the partitions that it may read, each with the epoch in which it got it
 * @param revoking the partitions that it must give up, with their epochs too
 *     <p>Owner: immutable.
 */
public record CurrentAssignment(
    int epoch,
    int previousEpoch,
    MemberState state,
    SortedMap<Uuid, SortedMap<Integer, Integer>> assigned,
    SortedMap<Uuid, SortedMap<Integer, Integer>> revoking) {
  /** {@link #epoch} of a static member that will come back. */
  public static final int AWAY = -2;

  static final int LEAVING = -1;
  static final SortedMap<Uuid, SortedMap<Integer, Integer>> NO_PARTITIONS =
      Collections.unmodifiableSortedMap(new TreeMap<>());

  /** Of a member that has just come. */
  static final CurrentAssignment NONE =
      new CurrentAssignment(0, LEAVING, MemberState.STABLE, NO_PARTITIONS, NO_PARTITIONS);

  /** Of a member whose assignment was taken away, and that goes itself with the next record. */
  static final CurrentAssignment GONE =
      new CurrentAssignment(LEAVING, LEAVING, MemberState.STABLE, NO_PARTITIONS, NO_PARTITIONS);

  /** The partitions that it may read. */
  SortedMap<Uuid, Set<Integer>> partitions() {
    SortedMap<Uuid, Set<Integer>> partitions = new TreeMap<>();
    assigned.forEach((topicId, epochs) -> partitions.put(topicId, epochs.keySet()));
    return partitions;
  }

  /** Whether nothing is left to do on the way to the target of this epoch. */
  boolean isReconciledTo(int targetEpoch) {
    return state == MemberState.STABLE && epoch == targetEpoch;
  }

  /** It leaves for a while and keeps its partitions, but for those that it was to give up. */
  CurrentAssignment away() {
    return new CurrentAssignment(AWAY, epoch, state, assigned, NO_PARTITIONS);
  }

  /** The same for a static member that has come back. */
  CurrentAssignment back() {
    return new CurrentAssignment(0, 0, state, assigned, revoking);
  }

  /**
   * The epoch in which the member got a partition.
   *
   * @return null = it does not have it
   */
  Integer assignmentEpoch(Uuid topicId, int partition) {
    Integer epochOf = epochIn(assigned, topicId, partition);
    return epochOf == null ? epochIn(revoking, topicId, partition) : epochOf;
  }

  private static Integer epochIn(
      Map<Uuid, SortedMap<Integer, Integer>> in, Uuid topicId, int partition) {
    Map<Integer, Integer> partitions = in.get(topicId);
    return partitions == null ? null : partitions.get(partition);
  }
}
