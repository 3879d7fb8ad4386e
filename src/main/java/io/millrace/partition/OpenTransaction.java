package io.millrace.partition;

import io.millrace.log.OngoingTransaction;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.TransactionMarker;

/**
 * A transaction that a partition has in progress, as its leader has it. Two that are equal, and
 * {@link #committed}, say that nothing was written in it in between.
 *
 * @param leaderEpoch of the leader that says so
 * @param committed whether all of it lies below the high watermark, so that nothing of it can be
 *     lost and its offsets given out again
 *     <p>Owner: immutable.
 */
public record OpenTransaction(
    TopicIdPartition partition, int leaderEpoch, OngoingTransaction ongoing, boolean committed) {
  /** Aborts it as an administrator does (KIP-664): under the epoch of its producer. */
  TransactionMarker abort() {
    return new TransactionMarker(
        ongoing.producerId(),
        ongoing.producerEpoch(),
        false,
        Math.max(0, ongoing.coordinatorEpoch()),
        0);
  }
}
