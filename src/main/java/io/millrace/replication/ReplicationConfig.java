package io.millrace.replication;

import io.millrace.config.ReplicaKeys;
import io.millrace.config.Settings;

/**
 * How followers fetch.
 *
 * @param maxWaitMs {@code replica.fetch.wait.max.ms}
 * @param minBytes {@code replica.fetch.min.bytes}
 * @param maxBytes {@code replica.fetch.response.max.bytes}
 * @param maxPartitionBytes {@code replica.fetch.max.bytes}
 * @param maxBackoffMs {@code replica.fetch.backoff.ms}
 * @param timeoutMs {@code replica.socket.timeout.ms}
 * @param fetchers {@code num.replica.fetchers}: connections to one leader for what is live
 *     <p>Owner: immutable.
 */
public record ReplicationConfig(
    int maxWaitMs,
    int minBytes,
    int maxBytes,
    int maxPartitionBytes,
    int maxBackoffMs,
    int timeoutMs,
    int fetchers) {
  /** The same, so that a batch fits what is asked for of its partition, and an answer. */
  public ReplicationConfig forBatchesOf(int bytes) {
    return bytes <= maxPartitionBytes && bytes <= maxBytes
        ? this
        : new ReplicationConfig(
            maxWaitMs,
            minBytes,
            Math.max(maxBytes, bytes),
            Math.max(maxPartitionBytes, bytes),
            maxBackoffMs,
            timeoutMs,
            fetchers);
  }

  /** As a node is set. */
  public static ReplicationConfig from(Settings settings) {
    return new ReplicationConfig(
        settings.get(ReplicaKeys.REPLICA_FETCH_WAIT_MAX_MS),
        settings.get(ReplicaKeys.REPLICA_FETCH_MIN_BYTES),
        settings.get(ReplicaKeys.REPLICA_FETCH_RESPONSE_MAX_BYTES),
        settings.get(ReplicaKeys.REPLICA_FETCH_MAX_BYTES),
        settings.get(ReplicaKeys.REPLICA_FETCH_BACKOFF_MS),
        settings.get(ReplicaKeys.REPLICA_SOCKET_TIMEOUT_MS),
        settings.get(ReplicaKeys.NUM_REPLICA_FETCHERS));
  }
}
