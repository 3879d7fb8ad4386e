package io.millrace.coordinator.group.consumer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;

/**
 * Gives each member a range of neighbouring partitions of every topic: topics of equal size with
 * equal subscribers are divided alike, so that a member has the same partitions of all of them.
 * Static members keep their place in the order whatever their member ids are.
 *
 * <p>Owner: immutable.
 */
final class RangeAssignor implements Assignor {
  private static final Comparator<Member> ORDER =
      Comparator.comparing((Member member) -> member.instanceId() == null)
          .thenComparing(member -> member.instanceId() == null ? member.id() : member.instanceId());

  @Override
  public String name() {
    return "range";
  }

  @Override
  public Map<String, SortedMap<Uuid, SortedSet<Integer>>> assign(
      List<Member> members, SortedMap<Uuid, Topic> topics) {
    Map<String, SortedMap<Uuid, SortedSet<Integer>>> target = new HashMap<>();
    members.forEach(member -> target.put(member.id(), new TreeMap<>()));
    List<Member> inOrder = new ArrayList<>(members);
    inOrder.sort(ORDER);
    for (Topic topic : topics.values()) {
      List<Member> subscribers =
          inOrder.stream().filter(member -> member.topics().contains(topic.id())).toList();
      int next = 0;
      for (int i = 0; i < subscribers.size(); i++) {
        int more = i < topic.partitions() % subscribers.size() ? 1 : 0;
        int end = next + topic.partitions() / subscribers.size() + more;
        if (next == end) {
          break;
        }
        SortedSet<Integer> range = new TreeSet<>();
        while (next < end) {
          range.add(next++);
        }
        target.get(subscribers.get(i).id()).put(topic.id(), range);
      }
    }
    return target;
  }
}
