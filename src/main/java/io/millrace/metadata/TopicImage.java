package io.millrace.metadata;

import io.millrace.model.TopicId;
import java.util.List;

/**
 * A topic and its partitions; the partition of index i is at position i.
 *
 * <p>Owner: immutable.
 */
public record TopicImage(TopicId id, String name, List<PartitionImage> partitions) {
  public TopicImage {
    partitions = List.copyOf(partitions);
  }

  /** The partition of this index; null = there is none. */
  public PartitionImage partition(int index) {
    return index >= 0 && index < partitions.size() ? partitions.get(index) : null;
  }
}
