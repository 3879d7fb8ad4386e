package io.millrace.log;

/**
 * A transaction that was aborted, as far as it is in one log: its records are from {@code
 * firstOffset} to {@code lastOffset}, between those of others.
 *
 * @param lastOffset that of the marker
 * @param lastStableOffset the last stable offset when the marker was written: from there on no
 *     record is of a transaction that ended before this one
 *     <p>Owner: immutable.
 */
public record AbortedTransaction(
    long producerId, long firstOffset, long lastOffset, long lastStableOffset) {}
