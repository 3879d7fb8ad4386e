package io.millrace.network;

/**
 * How one listener of the node is opened.
 *
 * @param name such as {@code PLAINTEXT}
 * @param host address to bind; empty = all
 * @param port 0 = any free one
 * @param maxRequestBytes {@code socket.request.max.bytes}
 * @param idleMs {@code connections.max.idle.ms}; 0 or less = never closed
 * @param sendBufferBytes {@code socket.send.buffer.bytes}; -1 = the system's default
 * @param receiveBufferBytes {@code socket.receive.buffer.bytes}; -1 = the system's default
 * @param backlog {@code socket.listen.backlog.size}
 *     <p>Owner: immutable.
 */
public record ListenerSettings(
    String name,
    String host,
    int port,
    int maxRequestBytes,
    long idleMs,
    int sendBufferBytes,
    int receiveBufferBytes,
    int backlog) {
  /** The same on another port. */
  ListenerSettings withPort(int bound) {
    return new ListenerSettings(
        name, host, bound, maxRequestBytes, idleMs, sendBufferBytes, receiveBufferBytes, backlog);
  }
}
