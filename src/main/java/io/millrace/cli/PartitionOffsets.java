package io.millrace.cli;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/**
 * Asks a cluster where partitions begin and end.
 *
 * <p>Owner: the command's thread.
 */
public final class PartitionOffsets {
  private final Admin admin;

  public PartitionOffsets(Admin admin) {
    this.admin = admin;
  }

  /**
   * Where partitions begin and end; those that cannot answer are in neither.
   *
   * <p>Owner: immutable.
   */
  public record Bounds(Map<TopicPartition, Long> starts, Map<TopicPartition, Long> ends) {}

  /** Both at once, so that one that does not answer is waited for once. */
  public Bounds answeringBounds(Collection<TopicPartition> partitions) throws InterruptedException {
    ListOffsetsResult starts = ask(partitions, OffsetSpec.earliest());
    ListOffsetsResult ends = ask(partitions, OffsetSpec.latest());
    return new Bounds(answered(partitions, starts), answered(partitions, ends));
  }

  /** Offsets; partitions that cannot answer (no leader, deleted) are left out. */
  public Map<TopicPartition, Long> answering(Collection<TopicPartition> partitions, OffsetSpec spec)
      throws InterruptedException {
    return answered(partitions, ask(partitions, spec));
  }

  private static Map<TopicPartition, Long> answered(
      Collection<TopicPartition> partitions, ListOffsetsResult answer) throws InterruptedException {
    Map<TopicPartition, Long> offsets = new HashMap<>();
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
  public Map<TopicPartition, Long> all(Collection<TopicPartition> partitions, OffsetSpec spec)
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
