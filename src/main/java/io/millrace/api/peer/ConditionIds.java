package io.millrace.api.peer;

import io.millrace.metadata.ReplicaCondition;
import org.apache.kafka.common.Uuid;

/**
 * The condition of replicas in place of the directory that AssignReplicasToDirs (KIP-858) names:
 * Kafka's reserved ids for a directory that is not known and for one that is lost, and one of the
 * ids that it keeps free for a directory that is full.
 *
 * <p>Owner: any thread.
 */
final class ConditionIds {
  private static final Uuid UNASSIGNED = new Uuid(0, 0);
  private static final Uuid LOST = new Uuid(0, 1);
  private static final Uuid FULL = new Uuid(0, 99);

  private ConditionIds() {}

  static Uuid of(ReplicaCondition condition) {
    return switch (condition) {
      case ONLINE -> UNASSIGNED;
      case OFFLINE -> LOST;
      case FULL -> FULL;
    };
  }

  /** Replicas in any other directory are online. */
  static ReplicaCondition condition(Uuid directory) {
    if (directory.equals(LOST)) {
      return ReplicaCondition.OFFLINE;
    }
    return directory.equals(FULL) ? ReplicaCondition.FULL : ReplicaCondition.ONLINE;
  }
}
