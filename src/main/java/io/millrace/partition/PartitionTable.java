package io.millrace.partition;

import io.millrace.model.TopicId;
import java.util.Collection;

/**
 * The partitions that this node has a replica of.
 *
 * <p>Owner: any thread.
 */
public interface PartitionTable {
  /** null = this node has no replica of it (yet). */
  Partition get(TopicId topic, int partition);

  /** All of them, at one moment. */
  Collection<Partition> all();
}
