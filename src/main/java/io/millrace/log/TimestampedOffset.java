package io.millrace.log;

/**
 * A timestamp found in a log, and where.
 *
 * @param timestamp in ms
 * @param leaderEpoch of the record's batch
 *     <p>Owner: immutable.
 */
public record TimestampedOffset(long timestamp, long offset, int leaderEpoch) {}
