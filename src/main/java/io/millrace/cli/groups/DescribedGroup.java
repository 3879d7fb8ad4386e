package io.millrace.cli.groups;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * A group with all that {@code groups describe} has found out about it.
 *
 * @param ends of the partitions that answer (exclusive)
 * @param behindMs age of the oldest unread record in ms, of the partitions where it is known
 *     <p>Owner: immutable.
 */
record DescribedGroup(
    ConsumerGroupDescription group,
    SortedMap<TopicPartition, OffsetAndMetadata> committed,
    Map<TopicPartition, Long> ends,
    Map<TopicPartition, Long> behindMs) {

  /** In records; null = unknown. */
  Long lag(TopicPartition partition) {
    OffsetAndMetadata offset = committed.get(partition);
    Long end = ends.get(partition);
    return offset == null || end == null ? null : Math.max(0L, end - offset.offset());
  }

  /** Age of the oldest unread record in ms; null = unknown. */
  Long behind(TopicPartition partition) {
    Long lag = lag(partition);
    return lag != null && lag == 0 ? Long.valueOf(0) : behindMs.get(partition);
  }

  /** Of all partitions; null = of none it is known. */
  Long totalLag() {
    List<Long> known =
        committed.keySet().stream().map(this::lag).filter(lag -> lag != null).toList();
    return known.isEmpty() ? null : known.stream().mapToLong(Long::longValue).sum();
  }

  /**
   * The longest of all partitions in ms; null = of none it is known, or not of one that has lag,
   * which may be the longest.
   */
  Long longestBehind() {
    Long longest = null;
    for (TopicPartition partition : committed.keySet()) {
      Long behind = behind(partition);
      if (behind == null && lag(partition) != null) {
        return null;
      }
      if (behind != null && (longest == null || behind > longest)) {
        longest = behind;
      }
    }
    return longest;
  }

  /** What the group has committed or its members read, in order. */
  SortedSet<TopicPartition> partitions() {
    return partitions(group, committed.keySet());
  }

  /** Likewise, with {@code committed} apart. */
  static SortedSet<TopicPartition> partitions(
      ConsumerGroupDescription group, Collection<TopicPartition> committed) {
    SortedSet<TopicPartition> all = new TreeSet<>(TopicSelection.IN_ORDER);
    all.addAll(committed);
    group.members().forEach(member -> all.addAll(member.assignment().topicPartitions()));
    return all;
  }

  /** The member that reads a partition; null = nobody. */
  MemberDescription owner(TopicPartition partition) {
    for (MemberDescription member : group.members()) {
      if (member.assignment().topicPartitions().contains(partition)) {
        return member;
      }
    }
    return null;
  }
}
