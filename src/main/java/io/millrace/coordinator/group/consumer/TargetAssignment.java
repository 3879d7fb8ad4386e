package io.millrace.coordinator.group.consumer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;

/**
 * Makes a group's target assignment anew: asks the assignor that most members prefer, and writes
 * down whatever changes.
 *
 * <p>Owner: partition loop.
 */
final class TargetAssignment {
  private final ConsumerGroupConfig config;

  TargetAssignment(ConsumerGroupConfig config) {
    this.config = config;
  }

  /** The name of the assignor that most of those members ask for who ask for any. */
  String preferredAssignor(ConsumerGroup group) {
    Map<String, Integer> votes = new HashMap<>();
    for (ConsumerMember member : group.members()) {
      String name = member.metadata().serverAssignor();
      if (name != null && config.assignors().contains(name)) {
        votes.merge(name, 1, Integer::sum);
      }
    }
    return config.assignors().stream()
        .max(
            Comparator.comparingInt((String name) -> votes.getOrDefault(name, 0))
                // Among equals the first.
                .thenComparingInt(name -> -config.assignors().indexOf(name)))
        .orElseThrow();
  }

  void renew(Draft draft, TopicsView topics, long nowMs) {
    ConsumerGroup group = draft.group();
    SortedMap<Uuid, Assignor.Topic> existing = topics.existing(group.subscribedNames());
    List<Assignor.Member> members = new ArrayList<>();
    Map<Set<String>, SortedSet<Uuid>> idsOfNames = new HashMap<>();
    for (ConsumerMember member : group.members()) {
      SortedSet<Uuid> ids =
          idsOfNames.computeIfAbsent(group.subscribedNames(member), names -> ids(names, topics));
      members.add(
          new Assignor.Member(
              member.id(),
              member.instanceId(),
              member.metadata().rackId(),
              ids,
              group.target(member.id())));
    }
    members.sort(Comparator.comparing(Assignor.Member::id));
    Map<String, SortedMap<Uuid, SortedSet<Integer>>> assigned =
        Assignors.find(preferredAssignor(group)).assign(members, existing);
    for (Assignor.Member member : members) {
      SortedMap<Uuid, SortedSet<Integer>> next = assigned.get(member.id());
      if (!next.equals(group.target(member.id()))) {
        draft.append(ConsumerRecords.target(group.groupId(), member.id(), next));
      }
    }
    draft.append(ConsumerRecords.targetEpoch(group.groupId(), group.epoch(), nowMs));
  }

  private static SortedSet<Uuid> ids(Set<String> names, TopicsView topics) {
    SortedSet<Uuid> ids = new TreeSet<>();
    for (String name : names) {
      Uuid id = topics.id(name);
      if (id != null) {
        ids.add(id);
      }
    }
    return Collections.unmodifiableSortedSet(ids);
  }

  /** A target without the topics that the member does not want any more. */
  static SortedMap<Uuid, SortedSet<Integer>> wanted(
      ConsumerGroup group, ConsumerMember member, TopicsView topics) {
    SortedMap<Uuid, SortedSet<Integer>> target = group.target(member.id());
    SortedSet<Uuid> ids = ids(group.subscribedNames(member), topics);
    if (ids.containsAll(target.keySet())) {
      return target;
    }
    SortedMap<Uuid, SortedSet<Integer>> wanted = new TreeMap<>(target);
    wanted.keySet().retainAll(ids);
    return wanted;
  }
}
