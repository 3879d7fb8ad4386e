package io.millrace.log.clean;

/**
 * What the decisions about cleaning need to know of a closed segment.
 *
 * @param endOffset where the next segment starts
 * @param bytes of the {@code .log} file
 * @param firstTimestamp max timestamp of its first batch in ms; {@link Long#MAX_VALUE} = it has
 *     none; -1 = not known
 * @param maxTimestamp in ms; -1 = not known
 *     <p>Owner: immutable.
 */
public record SegmentFacts(
    long baseOffset, long endOffset, long bytes, long firstTimestamp, long maxTimestamp) {}
