package io.millrace.partition;

import io.millrace.log.PartitionLog;

/**
 * How far a log reaches that stands still, since its partition has no leader.
 *
 * @param leaderEpoch of the partition, in which nobody leads
 * @param lastEpoch leader epoch of the last record; -1 = there is none
 * @param endOffset exclusive
 *     <p>Owner: immutable.
 */
public record RestingLog(int leaderEpoch, int lastEpoch, long endOffset) {
  static RestingLog of(PartitionLog log, int leaderEpoch) {
    long end = log.logEndOffset();
    // A leader's epoch may have begun without a record.
    int last = end > log.logStartOffset() ? log.epochOf(end - 1) : log.latestEpoch();
    return new RestingLog(leaderEpoch, last, end);
  }
}
