package io.millrace.partition;

import io.millrace.model.Clock;
import io.millrace.quota.ReplicationThrottle;
import java.util.concurrent.Executor;

/**
 * What the replicas of a node share.
 *
 * @param worker runs what takes long and needs no disk
 * @param isrChanges how leaders change their ISR
 * @param replicaLagMaxMs {@code replica.lag.time.max.ms}
 * @param highWatermarkNewsMs how long a follower that waits for records does not hear of a new high
 *     watermark
 * @param following who fetches for followers
 * @param isrCounters counts changes of ISRs
 * @param racks where consumers may read besides the leader
 * @param throttle how fast leaders send to followers that are out of sync
 *     <p>Owner: immutable.
 */
public record ReplicaParts(
    int nodeId,
    Clock clock,
    Executor worker,
    IsrChanges isrChanges,
    long replicaLagMaxMs,
    long highWatermarkNewsMs,
    Following following,
    IsrCounters isrCounters,
    Racks racks,
    ReplicationThrottle throttle) {}
