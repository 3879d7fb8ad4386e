package io.millrace.cli.groups;

import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Asks a cluster for what a group has committed.
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
}
