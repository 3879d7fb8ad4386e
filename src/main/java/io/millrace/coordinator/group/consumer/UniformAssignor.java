package io.millrace.coordinator.group.consumer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/**
 * Gives all members equally many partitions, and moves no more of them than that needs.
 *
 * <p>If all members subscribed to the same topics, their numbers differ by one at most, and only
 * the surplus of members above their share moves; partitions that are free go to members in the
 * rack of a replica first. Otherwise no partition could move to a subscriber that has at least two
 * partitions less than its owner.
 *
 * <p>Owner: immutable.
 */
final class UniformAssignor implements Assignor {
  @Override
  public String name() {
    return "uniform";
  }

  @Override
  public Map<String, SortedMap<Uuid, SortedSet<Integer>>> assign(
      List<Member> members, SortedMap<Uuid, Topic> topics) {
    boolean same = members.stream().allMatch(one -> one.topics().equals(members.get(0).topics()));
    return members.isEmpty() || same
        ? new Equal(members, topics).assign()
        : new UniformMixed(members, topics).assign();
  }

  /** One partition that is to be given to somebody. */
  record Free(Topic topic, int partition) {}

  /** All members subscribed to the same topics. */
  private static final class Equal {
    private final List<Member> members;
    private final List<Topic> topics = new ArrayList<>();
    private final Shares shares;
    private final Map<String, Integer> room = new HashMap<>();

    Equal(List<Member> members, SortedMap<Uuid, Topic> all) {
      this.members = members;
      this.shares = new Shares(members, all);
      if (!members.isEmpty()) {
        all.values().stream()
            .filter(topic -> members.get(0).topics().contains(topic.id()))
            .forEach(topics::add);
      }
    }

    Map<String, SortedMap<Uuid, SortedSet<Integer>>> assign() {
      int partitions = topics.stream().mapToInt(Topic::partitions).sum();
      if (members.isEmpty() || partitions == 0) {
        return shares.result();
      }
      int least = partitions / members.size();
      int extras = partitions % members.size();
      // Whoever has more than the others keeps one of it.
      List<Member> byLoad = new ArrayList<>(members);
      byLoad.sort(Comparator.comparingInt((Member member) -> -shares.count(member.id())));
      for (Member member : byLoad) {
        int quota = extras-- > 0 ? least + 1 : least;
        while (shares.count(member.id()) > quota) {
          shares.dropLast(member);
        }
        room.put(member.id(), quota - shares.count(member.id()));
      }
      List<Free> free = new ArrayList<>();
      for (Topic topic : topics) {
        for (int partition = 0; partition < topic.partitions(); partition++) {
          if (shares.owner(topic.id(), partition) == null) {
            free.add(new Free(topic, partition));
          }
        }
      }
      fill(withoutRackMatches(free));
      return shares.result();
    }

    private List<Free> withoutRackMatches(List<Free> free) {
      Map<String, List<Member>> byRack = new TreeMap<>();
      for (Member member : members) {
        if (member.rackId() != null && room.get(member.id()) > 0) {
          byRack.computeIfAbsent(member.rackId(), rack -> new ArrayList<>()).add(member);
        }
      }
      if (byRack.isEmpty()) {
        return free;
      }
      List<Free> left = new ArrayList<>();
      for (Free one : free) {
        Member near = null;
        for (Map.Entry<String, List<Member>> rack : byRack.entrySet()) {
          if (one.topic.isIn(rack.getKey(), one.partition)) {
            for (Member member : rack.getValue()) {
              if (room.get(member.id()) > (near == null ? 0 : room.get(near.id()))) {
                near = member;
              }
            }
          }
        }
        if (near == null) {
          left.add(one);
        } else {
          give(near, one);
        }
      }
      return left;
    }

    /** The next free partitions to the next member with room, so that topics are spread. */
    private void fill(List<Free> free) {
      int next = 0;
      for (Member member : members) {
        for (int left = room.get(member.id()); left > 0; left--) {
          give(member, free.get(next++));
        }
      }
    }

    private void give(Member member, Free one) {
      shares.give(member.id(), one.topic.id(), one.partition);
      room.merge(member.id(), -1, Integer::sum);
    }
  }
}
