package io.millrace.log;

/**
 * An aborted transaction: its producer's records from this offset on, up to the marker.
 *
 * <p>Owner: immutable.
 */
public record AbortedTransaction(long producerId, long firstOffset) {}
