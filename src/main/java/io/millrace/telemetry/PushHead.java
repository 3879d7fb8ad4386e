package io.millrace.telemetry;

/**
 * A push without its metrics.
 *
 * @param subscriptionId that the client believes to have
 * @param terminating whether it is the last
 * @param knownCompression whether the metrics can be decompressed here
 * @param bytes of the metrics as they were sent
 *     <p>Owner: immutable.
 */
public record PushHead(
    int subscriptionId, boolean terminating, boolean knownCompression, int bytes) {}
