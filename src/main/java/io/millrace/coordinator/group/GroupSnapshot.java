package io.millrace.coordinator.group;

import io.millrace.metadata.ClusterImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;

/**
 * A group at one moment, with what it has committed, for those who are not on the shard's loop.
 *
 * @param type such as {@code classic}
 * @param protocolType empty = a simple group
 * @param epoch generation or group epoch; -1 = its kind has none
 * @param memberCount of all members
 * @param members the first of them; empty if nobody asked
 * @param offsets by topic and partition
 * @param rebalances the oldest first; empty if nobody asked
 *     <p>Owner: immutable.
 */
public record GroupSnapshot(
    String groupId,
    String type,
    String protocolType,
    String state,
    int epoch,
    int memberCount,
    List<MemberView> members,
    Map<String, Map<Integer, CommittedOffset>> offsets,
    List<Rebalance> rebalances) {

  /**
   * Of one group without its members and rebalances; null = there is none.
   *
   * @see #withMembers
   */
  public static GroupSnapshot of(GroupShard shard, String groupId) {
    Group group = shard.groups().get(groupId);
    return group == null ? null : of(shard, group, List.of(), List.of());
  }

  /**
   * Of one group; null = there is none.
   *
   * @param maxMembers how many members to show
   * @param image knows the names of the topics that members have
   */
  public static GroupSnapshot withMembers(
      GroupShard shard, String groupId, int maxMembers, ClusterImage image) {
    Group group = shard.groups().get(groupId);
    return group == null
        ? null
        : of(shard, group, group.memberViews(maxMembers, image), group.rebalances());
  }

  private static GroupSnapshot of(
      GroupShard shard, Group group, List<MemberView> members, List<Rebalance> rebalances) {
    Map<String, Map<Integer, CommittedOffset>> offsets = new TreeMap<>();
    shard
        .offsets()
        .of(group.groupId())
        .forEach((topic, partitions) -> offsets.put(topic, new TreeMap<>(partitions)));
    return new GroupSnapshot(
        group.groupId(),
        group.type(),
        group.protocolType(),
        group.state(),
        group.epoch(),
        group.memberCount(),
        members,
        offsets,
        rebalances);
  }

  /**
   * Several groups, until they have this many offsets together; those that do not exist any more
   * are left out. At least one is looked at.
   *
   * @param from the first of {@code groupIds} to look at
   */
  public static Batch of(GroupShard shard, List<String> groupIds, int from, int maxOffsets) {
    List<GroupSnapshot> found = new ArrayList<>();
    int offsets = 0;
    int next = from;
    while (next < groupIds.size() && (next == from || offsets < maxOffsets)) {
      GroupSnapshot snapshot = of(shard, groupIds.get(next++));
      if (snapshot != null) {
        found.add(snapshot);
        offsets += 1 + snapshot.offsetCount();
      }
    }
    return new Batch(found, next);
  }

  /**
   * Some groups.
   *
   * @param next index of the first one that was not looked at
   *     <p>Owner: immutable.
   */
  public record Batch(List<GroupSnapshot> groups, int next) {}

  /**
   * The smallest ids of a shard's groups, in order.
   *
   * @param after only greater ones; null = all
   */
  public static List<String> ids(Groups groups, String after, int limit) {
    PriorityQueue<String> smallest =
        new PriorityQueue<>(java.util.Comparator.<String>naturalOrder().reversed());
    for (Group group : groups.all()) {
      String id = group.groupId();
      if (after == null || id.compareTo(after) > 0) {
        smallest.add(id);
        if (smallest.size() > limit) {
          smallest.remove();
        }
      }
    }
    List<String> ids = new ArrayList<>(smallest);
    ids.sort(null);
    return ids;
  }

  /** How many groups of a shard are of a type and in a state. */
  public static Map<Standing, Integer> countByStanding(Groups groups) {
    Map<Standing, Integer> counts = new HashMap<>();
    for (Group group : groups.all()) {
      counts.merge(new Standing(group.type(), group.state()), 1, Integer::sum);
    }
    return counts;
  }

  /**
   * Type and state of a group.
   *
   * <p>Owner: immutable.
   */
  public record Standing(String type, String state) {}

  /** Partitions that it has committed an offset for. */
  public int offsetCount() {
    return offsets.values().stream().mapToInt(Map::size).sum();
  }
}
