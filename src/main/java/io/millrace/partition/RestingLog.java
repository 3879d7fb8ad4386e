package io.millrace.partition;

/**
 * How far a log reaches that stands still, since its partition has no leader.
 *
 * @param leaderEpoch of the partition, in which nobody leads
 * @param lastEpoch leader epoch of the last record; -1 = there is none
 * @param endOffset exclusive
 *     <p>Owner: immutable.
 */
public record RestingLog(int leaderEpoch, int lastEpoch, long endOffset) {}
