package io.millrace.cli.groups;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Asks a cluster for what a group has committed and where partitions begin and end.
 *
 * <p>Owner: the command's thread.
 */
final class GroupOffsets {
  private final Admin admin;

  GroupOffsets(Admin admin) {
    this.admin = admin;
  }

  /** What a group has committed, in order; empty = nothing, or there is no such group. */
  SortedMap<TopicPartition, OffsetAndMetadata> committed(String group)
      throws InterruptedException, ExecutionException {
    SortedMap<TopicPartition, OffsetAndMetadata> committed = new TreeMap<>(TopicSelection.IN_ORDER);
    admin
        .listConsumerGroupOffsets(group)
        .partitionsToOffsetAndMetadata()
        .get()
        .forEach(
            (partition, offset) -> {
              if (offset != null) {
                committed.put(partition, offset);
              }
            });
    return committed;
  }

  /** Offsets; partitions that cannot answer (no leader, deleted) are left out. */
  Map<TopicPartition, Long> answering(Collection<TopicPartition> partitions, OffsetSpec spec)
      throws InterruptedException {
    Map<TopicPartition, Long> offsets = new HashMap<>();
    ListOffsetsResult answer = ask(partitions, spec);
    for (TopicPartition partition : partitions) {
      try {
        offsets.put(partition, answer.partitionResult(partition).get().offset());
      } catch (ExecutionException e) {
        offsets.remove(partition);
      }
    }
    return offsets;
  }

  /** Offsets of all of them; -1 = no record is that young. Fails if one cannot answer. */
  Map<TopicPartition, Long> all(Collection<TopicPartition> partitions, OffsetSpec spec)
      throws InterruptedException, ExecutionException {
    Map<TopicPartition, Long> offsets = new HashMap<>();
    ask(partitions, spec)
        .all()
        .get()
        .forEach((partition, found) -> offsets.put(partition, found.offset()));
    return offsets;
  }

  private ListOffsetsResult ask(Collection<TopicPartition> partitions, OffsetSpec spec) {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    partitions.forEach(partition -> asked.put(partition, spec));
    return admin.listOffsets(asked);
  }
}
