package io.millrace.partition;

import io.millrace.quota.ReplicationThrottle;

/**
 * What the replicas of a node share that lead.
 *
 * @param isrChanges how they change their ISR
 * @param isrCounters counts changes of ISRs
 * @param replicaLagMaxMs {@code replica.lag.time.max.ms}
 * @param highWatermarkNewsMs how long a follower that waits for records does not hear of a new high
 *     watermark
 * @param racks where consumers may read besides the leader
 * @param throttle how fast they send to followers that are out of sync
 * @param verifier asks whether partitions belong to transactions
 *     <p>Owner: immutable.
 */
public record LeaderParts(
    IsrChanges isrChanges,
    IsrCounters isrCounters,
    long replicaLagMaxMs,
    long highWatermarkNewsMs,
    Racks racks,
    ReplicationThrottle throttle,
    TransactionVerifier verifier) {}
