package io.millrace.log;

/**
 * A transaction in progress in a log.
 *
 * @param coordinatorEpoch of the last marker of its producer; -1 = none is known
 * @param newestOffset base offset of its newest batch since the log was opened; -1 = none was
 *     written since. If it is below the high watermark, an equal record later says that nothing was
 *     written in the transaction in between.
 *     <p>Owner: immutable.
 */
public record OngoingTransaction(
    long producerId,
    short producerEpoch,
    int coordinatorEpoch,
    long firstOffset,
    long newestOffset) {}
