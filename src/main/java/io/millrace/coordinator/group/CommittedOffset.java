package io.millrace.coordinator.group;

import org.apache.kafka.common.Uuid;

/**
 * What a group has committed for one partition.
 *
 * @param offset the next record to read
 * @param leaderEpoch of the last record that was read; -1 = unknown (KIP-320)
 * @param metadata the client's own text; never null
 * @param commitTimestampMs wall time of the commit
 * @param expireTimestampMs when it expires, if an old client said so; -1 = by the node's retention
 * @param topicId the topic for which it was committed; {@link Uuid#ZERO_UUID} = not known
 *     <p>Owner: immutable.
 */
public record CommittedOffset(
    long offset,
    int leaderEpoch,
    String metadata,
    long commitTimestampMs,
    long expireTimestampMs,
    Uuid topicId) {
  /** {@link #expireTimestampMs} when the node's retention decides. */
  public static final long NO_EXPIRE_TIMESTAMP = -1;
}
