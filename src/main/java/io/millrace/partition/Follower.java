package io.millrace.partition;

/**
 * A node that reads as a follower: what it asks for says how far its own log has got.
 *
 * @param brokerEpoch under which it is registered; -1 = it does not say
 *     <p>Owner: immutable.
 */
public record Follower(int nodeId, long brokerEpoch) {}
