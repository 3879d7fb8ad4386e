package io.millrace.partition;

import io.millrace.log.PartitionLog;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.Partition.Status;

/**
 * What anybody may read of a replica at any time: its latest figures, and whether it can do its
 * part.
 *
 * <p>Owner: the partition's loop writes, any thread reads.
 */
final class PublishedReplica {
  private final TopicIdPartition id;
  private final PartitionParts.Logs logs;
  private volatile Status status;
  // Without regard to space; null = as Partition says.
  private volatile ReplicaCondition condition;

  PublishedReplica(TopicIdPartition id, PartitionParts.Logs logs) {
    this.id = id;
    this.logs = logs;
    this.status = new Status(logs.directoryOf(id), 0, 0, 0, 0, 0, false, false);
  }

  Status status() {
    return status;
  }

  /** See {@link Partition#condition}. */
  ReplicaCondition condition() {
    ReplicaCondition known = condition;
    return known == ReplicaCondition.ONLINE && logs.lowOnSpace(id) ? ReplicaCondition.FULL : known;
  }

  /** Whether the log can be used, whatever space there is; null = it is not open yet, or closed. */
  void condition(ReplicaCondition now) {
    condition = now;
  }

  /** Its figures now. */
  void publish(PartitionLog log, long highWatermark, boolean leads, boolean follows) {
    status =
        new Status(
            logs.directoryOf(id),
            log.sizeInBytes(),
            log.logStartOffset(),
            highWatermark,
            log.lastStableOffset(highWatermark),
            log.logEndOffset(),
            leads,
            leads || follows);
  }

  /** Its log is not open any more. */
  void publishWithoutLog() {
    status = new Status(status.logDir(), status.sizeInBytes(), -1, -1, -1, -1, false, false);
  }
}
