package io.millrace.network;

import io.millrace.api.ApiVersionsHandler;
import io.millrace.api.RequestRouter;
import io.millrace.metadata.ImagePublisher;

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
    RequestRouter router,
    ApiVersionsHandler apiVersions,
    ImagePublisher images,
    RequestMemory memory,
    NetworkMetrics metrics,
    RateLimitedWarnings warnings,
    java.util.function.Consumer<Connection> closed) {

  void onClosed(Connection connection) {
    closed.accept(connection);
  }
}
