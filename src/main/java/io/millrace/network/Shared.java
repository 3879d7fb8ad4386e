package io.millrace.network;

import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * What all connections of one listener share.
 *
 * @param maxRequestBytes at the moment; {@code socket.request.max.bytes} at least
 * @param closed is told of every connection that ended, on its loop
 *     <p>Owner: immutable.
 */
record Shared(
    String listenerName,
    IntSupplier maxRequestBytes,
    RequestService service,
    RateLimitedWarnings warnings,
    Consumer<Connection> closed) {

  void onClosed(Connection connection) {
    closed.accept(connection);
  }
}
