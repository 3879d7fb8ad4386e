package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.group.consumer.Assignor.Member;
import io.millrace.coordinator.group.consumer.Assignor.Topic;
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
 * An assignment in the making: begins with what members have and may keep.
 *
 * <p>Invariant: a partition has one owner at most, which subscribed to its topic.
 *
 * <p>Owner: the thread that makes it.
 */
final class Shares {
  private final Map<String, SortedMap<Uuid, SortedSet<Integer>>> shares = new HashMap<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private final Map<Uuid, String[]> owners = new HashMap<>();

  Shares(List<Member> members, SortedMap<Uuid, Topic> topics) {
    topics.values().forEach(topic -> owners.put(topic.id(), new String[topic.partitions()]));
    for (Member member : members) {
      shares.put(member.id(), new TreeMap<>());
      counts.put(member.id(), 0);
      for (Map.Entry<Uuid, ? extends Set<Integer>> topic : member.has().entrySet()) {
        String[] ofTopic = owners.get(topic.getKey());
        if (ofTopic == null || !member.topics().contains(topic.getKey())) {
          continue;
        }
        for (int partition : topic.getValue()) {
          if (partition < ofTopic.length && ofTopic[partition] == null) {
            give(member.id(), topic.getKey(), partition);
          }
        }
      }
    }
  }

  int count(String memberId) {
    return counts.get(memberId);
  }

  /** null = nobody's. */
  String owner(Uuid topicId, int partition) {
    return owners.get(topicId)[partition];
  }

  /** What a member has of a topic; empty = nothing. */
  SortedSet<Integer> of(String memberId, Uuid topicId) {
    return shares.get(memberId).getOrDefault(topicId, new TreeSet<>());
  }

  void give(String memberId, Uuid topicId, int partition) {
    owners.get(topicId)[partition] = memberId;
    shares.get(memberId).computeIfAbsent(topicId, id -> new TreeSet<>()).add(partition);
    counts.merge(memberId, 1, Integer::sum);
  }

  void take(String memberId, Uuid topicId, int partition) {
    owners.get(topicId)[partition] = null;
    SortedMap<Uuid, SortedSet<Integer>> share = shares.get(memberId);
    SortedSet<Integer> ofTopic = share.get(topicId);
    ofTopic.remove(partition);
    if (ofTopic.isEmpty()) {
      share.remove(topicId);
    }
    counts.merge(memberId, -1, Integer::sum);
  }

  /** Takes away the partition that came last, of the topic of which the member has most. */
  void dropLast(Member member) {
    Uuid most = null;
    int size = 0;
    for (Map.Entry<Uuid, SortedSet<Integer>> topic : shares.get(member.id()).entrySet()) {
      if (topic.getValue().size() > size) {
        most = topic.getKey();
        size = topic.getValue().size();
      }
    }
    take(member.id(), most, of(member.id(), most).last());
  }

  Map<String, SortedMap<Uuid, SortedSet<Integer>>> result() {
    return shares;
  }
}
