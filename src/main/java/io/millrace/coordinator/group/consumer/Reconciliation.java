package io.millrace.coordinator.group.consumer;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;

/**
 * The next step of a member towards its target (KIP-848): first it gives up what it is not to have;
 * then it comes into the target's epoch, and gets whatever nobody else has.
 *
 * <p>Owner: any thread.
 */
final class Reconciliation {
  /** Who has a partition now. */
  interface Owners {
    /** null = nobody. */
    String owner(Uuid topicId, int partition);
  }

  private final int targetEpoch;
  private final Map<Uuid, SortedSet<Integer>> target;
  private final Owners owners;
  // null = the member did not say.
  private final Map<Uuid, Set<Integer>> owned;

  /**
   * Towards this target.
   *
   * @param owned what the member says that it has; null = it did not say
   */
  Reconciliation(
      int targetEpoch,
      Map<Uuid, SortedSet<Integer>> target,
      Owners owners,
      Map<Uuid, Set<Integer>> owned) {
    this.targetEpoch = targetEpoch;
    this.target = target;
    this.owners = owners;
    this.owned = owned;
  }

  /**
   * What the member has after this step; the same if there is none.
   *
   * @throws Refusal the member must start anew
   */
  CurrentAssignment next(CurrentAssignment current) throws Refusal {
    return switch (current.state()) {
      case STABLE -> current.epoch() == targetEpoch ? current : step(current, current.epoch());
      case UNREVOKED_PARTITIONS ->
          hasStill(current.revoking()) ? current : step(current, current.epoch() + 1);
      case UNRELEASED_PARTITIONS -> step(current, current.epoch());
      case UNKNOWN -> {
        if (owned == null || !owned.isEmpty()) {
          throw new Refusal(
              org.apache.kafka.common.protocol.Errors.FENCED_MEMBER_EPOCH,
              "The consumer group member is in a unknown state. The member must abandon all its"
                  + " partitions and rejoin.");
        }
        yield step(current, targetEpoch);
      }
    };
  }

  /** Silence means yes: the member tells what it has only when that changes. */
  private boolean hasStill(Map<Uuid, SortedMap<Integer, Integer>> partitions) {
    if (owned == null) {
      return true;
    }
    for (Map.Entry<Uuid, Set<Integer>> topic : owned.entrySet()) {
      Map<Integer, Integer> of = partitions.get(topic.getKey());
      if (of != null && topic.getValue().stream().anyMatch(of::containsKey)) {
        return true;
      }
    }
    return false;
  }

  private CurrentAssignment step(CurrentAssignment current, int epochUntilRevoked) {
    SortedMap<Uuid, SortedMap<Integer, Integer>> kept = new TreeMap<>();
    SortedMap<Uuid, SortedMap<Integer, Integer>> revoked = new TreeMap<>();
    SortedMap<Uuid, SortedMap<Integer, Integer>> added = new TreeMap<>();
    boolean unreleased = false;
    SortedSet<Uuid> topics = new TreeSet<>(target.keySet());
    topics.addAll(current.assigned().keySet());
    for (Uuid topicId : topics) {
      Set<Integer> wanted = target.getOrDefault(topicId, Collections.emptySortedSet());
      SortedMap<Integer, Integer> has =
          current.assigned().getOrDefault(topicId, Collections.emptySortedMap());
      has.forEach(
          (partition, since) ->
              of(wanted.contains(partition) ? kept : revoked, topicId).put(partition, since));
      for (int partition : wanted) {
        if (has.containsKey(partition)) {
          continue;
        }
        if (owners.owner(topicId, partition) == null) {
          of(added, topicId).put(partition, targetEpoch);
        } else {
          unreleased = true;
        }
      }
    }
    if (!revoked.isEmpty() && hasStill(revoked)) {
      return new CurrentAssignment(
          epochUntilRevoked,
          current.epoch(),
          MemberState.UNREVOKED_PARTITIONS,
          frozen(kept),
          frozen(revoked));
    }
    added.forEach((topicId, partitions) -> of(kept, topicId).putAll(partitions));
    CurrentAssignment next =
        new CurrentAssignment(
            targetEpoch,
            current.epoch(),
            unreleased ? MemberState.UNRELEASED_PARTITIONS : MemberState.STABLE,
            frozen(kept),
            CurrentAssignment.NO_PARTITIONS);
    return differ(current, next) ? next : current;
  }

  /** The previous epoch alone is no change: the member still waits for others. */
  private static boolean differ(CurrentAssignment current, CurrentAssignment next) {
    return current.epoch() != next.epoch()
        || current.state() != next.state()
        || !current.assigned().equals(next.assigned())
        || !current.revoking().equals(next.revoking());
  }

  private static SortedMap<Integer, Integer> of(
      SortedMap<Uuid, SortedMap<Integer, Integer>> partitions, Uuid topicId) {
    return partitions.computeIfAbsent(topicId, id -> new TreeMap<>());
  }

  private static SortedMap<Uuid, SortedMap<Integer, Integer>> frozen(
      SortedMap<Uuid, SortedMap<Integer, Integer>> partitions) {
    return Collections.unmodifiableSortedMap(partitions);
  }
}
