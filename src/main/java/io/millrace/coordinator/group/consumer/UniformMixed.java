package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.group.consumer.Assignor.Member;
import io.millrace.coordinator.group.consumer.Assignor.Topic;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import org.apache.kafka.common.Uuid;

/**
 * The uniform assignment of members that subscribed to different topics: the free partitions go to
 * the subscriber that has least; then partitions move as long as one moves from a member to another
 * that has at least two less. Each move makes the sum of the squares of the numbers smaller, so
 * that there is an end.
 *
 * <p>Owner: the thread that makes it.
 */
final class UniformMixed {
  private final List<Topic> inOrder;
  private final Map<Uuid, List<Member>> subscribers = new HashMap<>();
  private final Shares shares;

  UniformMixed(List<Member> members, SortedMap<Uuid, Topic> topics) {
    this.shares = new Shares(members, topics);
    topics.keySet().forEach(id -> subscribers.put(id, new ArrayList<>()));
    for (Member member : members) {
      member.topics().stream()
          .filter(subscribers::containsKey)
          .forEach(id -> subscribers.get(id).add(member));
    }
    inOrder = new ArrayList<>(topics.values());
    inOrder.removeIf(topic -> subscribers.get(topic.id()).isEmpty());
    // Those first that few can take.
    inOrder.sort(Comparator.comparingInt(topic -> subscribers.get(topic.id()).size()));
  }

  Map<String, SortedMap<Uuid, SortedSet<Integer>>> assign() {
    for (Topic topic : inOrder) {
      for (int partition = 0; partition < topic.partitions(); partition++) {
        if (shares.owner(topic.id(), partition) == null) {
          shares.give(poorest(topic).id(), topic.id(), partition);
        }
      }
    }
    boolean moved = true;
    while (moved) {
      moved = false;
      for (Topic topic : inOrder) {
        while (move(topic)) {
          moved = true;
        }
      }
    }
    return shares.result();
  }

  private Member poorest(Topic topic) {
    Member poorest = null;
    for (Member member : subscribers.get(topic.id())) {
      if (poorest == null || shares.count(member.id()) < shares.count(poorest.id())) {
        poorest = member;
      }
    }
    return poorest;
  }

  /** From the member that has most of those that have any of this topic. */
  private boolean move(Topic topic) {
    Member richest = null;
    for (Member member : subscribers.get(topic.id())) {
      if (!shares.of(member.id(), topic.id()).isEmpty()
          && (richest == null || shares.count(member.id()) > shares.count(richest.id()))) {
        richest = member;
      }
    }
    Member poorest = poorest(topic);
    if (richest == null || shares.count(richest.id()) - shares.count(poorest.id()) < 2) {
      return false;
    }
    int partition = shares.of(richest.id(), topic.id()).last();
    shares.take(richest.id(), topic.id(), partition);
    shares.give(poorest.id(), topic.id(), partition);
    return true;
  }
}
