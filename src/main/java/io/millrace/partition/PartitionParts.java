package io.millrace.partition;

import io.millrace.log.LogConfig;
import io.millrace.log.LogListener;
import io.millrace.log.PartitionLog;
import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.vertx.core.Future;
import java.util.function.Supplier;

/**
 * What all partitions of a node are given.
 *
 * @param replica what their replicas share
 * @param logs where their logs are
 * @param currentLoop the loop of the caller, on a loop thread
 * @param residents who lives with which partition
 * @param maintenanceMs {@code log.retention.check.interval.ms}
 *     <p>Owner: immutable.
 */
record PartitionParts(
    ReplicaParts replica,
    Logs logs,
    Supplier<Loop> currentLoop,
    Residents residents,
    long maintenanceMs) {

  /** The node's log directories, as one partition sees them. */
  interface Logs {
    /** Opens or creates the log; its listener hears on the owner's loop. */
    Future<PartitionLog> open(
        TopicIdPartition id, LogConfig config, Loop owner, LogListener listener);

    /** Path of the log directory that has this partition; empty = none. */
    String directoryOf(TopicIdPartition id);

    /** Whether the log directory that has this partition takes no records for lack of space. */
    boolean lowOnSpace(TopicIdPartition id);

    /**
     * Removes the files of a log that could not be opened, after a while. Completes on the owner's
     * loop.
     */
    Future<Void> deleteUnopened(TopicIdPartition id, LogConfig config, Loop owner);

    /** The partition is deleted. */
    void forget(TopicIdPartition id);
  }
}
