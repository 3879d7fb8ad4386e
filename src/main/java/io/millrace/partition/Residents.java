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

  /** Those of both, of whom at most one claims a partition. */
  static Residents of(Residents one, Residents another) {
    return (id, log) -> {
      Resident resident = one.moveIn(id, log);
      return resident == null ? another.moveIn(id, log) : resident;
    };
  }

  /**
   * This node begins to lead a partition, perhaps for several leader epochs. Called on the
   * partition's loop; the resident may use the log from now on.
   *
   * @return null = nobody lives there
   */
  Resident moveIn(TopicIdPartition id, LeaderLog log);
}
