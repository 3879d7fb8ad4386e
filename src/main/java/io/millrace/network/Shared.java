package io.millrace.network;

import java.util.function.Consumer;

/**
 * What all connections of one listener share.
 *
 * @param maxRequestBytes {@code socket.request.max.bytes}
 * @param closed is told of every connection that ended, on its loop
 *     <p>Owner: immutable.
 */
record Shared(
    String listenerName,
    int maxRequestBytes,
    RequestService service,
    RateLimitedWarnings warnings,
    Consumer<Connection> closed) {

  void onClosed(Connection connection) {
    closed.accept(connection);
  }
}
