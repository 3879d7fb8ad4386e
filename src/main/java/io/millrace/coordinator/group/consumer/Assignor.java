package io.millrace.coordinator.group.consumer;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import org.apache.kafka.common.Uuid;

/**
 * Decides which member is to have which partition. The same question always has the same answer.
 *
 * <p>Owner: any thread.
 */
interface Assignor {
  /**
   * A topic that members subscribed to.
   *
   * @param partitions how many it has
   * @param racks for each partition the racks of its replicas; empty = no rack is known
   */
  record Topic(Uuid id, int partitions, List<Set<String>> racks) {
    boolean isIn(String rack, int partition) {
      return partition < racks.size() && racks.get(partition).contains(rack);
    }
  }

  /**
   * A member that gets partitions.
   *
   * @param instanceId null = a dynamic member
   * @param rackId null = it told none
   * @param topics that it subscribed to and that exist
   * @param has its target until now
   */
  record Member(
      String id,
      String instanceId,
      String rackId,
      SortedSet<Uuid> topics,
      Map<Uuid, ? extends Set<Integer>> has) {}

  /** The name that members ask for it by. */
  String name();

  /**
   * Assigns every partition of a topic to one of the members that subscribed to it.
   *
   * @param members in the order of their ids
   * @return by member id, with all members
   */
  Map<String, SortedMap<Uuid, SortedSet<Integer>>> assign(
      List<Member> members, SortedMap<Uuid, Topic> topics);
}
