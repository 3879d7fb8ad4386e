package io.millrace.partition;

import io.millrace.model.TopicIdPartition;

/**
 * Says who lives with which partition. A port: coordinators implement it, {@code server} wires it.
 *
 * <p>Owner: any thread.
 */
public interface Residents {
  /** Nobody lives anywhere. */
  Residents NONE = (id, log) -> null;

  /**
   * This node begins to lead a partition, perhaps for several leader epochs. Called on the
   * partition's loop; the resident may use the log from now on.
   *
   * @return null = nobody lives there
   */
  Resident moveIn(TopicIdPartition id, LeaderLog log);
}
