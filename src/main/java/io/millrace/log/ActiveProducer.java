package io.millrace.log;

/**
 * What a log knows of one producer, for DescribeProducers.
 *
 * @param coordinatorEpoch of its last marker; -1 = none is known
 * @param currentTransactionStartOffset first offset of its transaction in progress; -1 = there is
 *     none
 *     <p>Owner: immutable.
 */
public record ActiveProducer(
    long producerId,
    short producerEpoch,
    int lastSequence,
    long lastTimestampMs,
    int coordinatorEpoch,
    long currentTransactionStartOffset) {}
