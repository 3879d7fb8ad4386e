package io.millrace.client;

/**
 * How long and how much the connections to other nodes may take.
 *
 * @param connectMs until the socket is open
 * @param handshakeMs from the first attempt to the end of the handshake
 * @param minBackoffMs pause after the first failed attempt; doubles with each
 * @param maxBackoffMs longest pause
 * @param stallMs a connection for messages on which nothing could be sent for so long is ended
 * @param maxQueuedBytes of one connection, waiting or on their way into the socket
 * @param maxCalls requests of one lane without an answer
 * @param maxResponseBytes of one response. A follower must take what its leader has accepted,
 *     whatever {@code max.message.bytes} says now; memory is taken as the bytes arrive
 *     <p>Owner: immutable.
 */
public record PeerLimits(
    int connectMs,
    int handshakeMs,
    int minBackoffMs,
    int maxBackoffMs,
    int stallMs,
    int maxQueuedBytes,
    int maxCalls,
    int maxResponseBytes) {
  public static final PeerLimits DEFAULT =
      new PeerLimits(3_000, 5_000, 50, 1_000, 10_000, 32 << 20, 1_000, Integer.MAX_VALUE);
}
