package io.millrace.api.producers;

import io.millrace.api.RequestContext;
import io.millrace.coordinator.transaction.ProducerClient;
import java.net.InetSocketAddress;

/**
 * The client behind a request, as the transaction coordinator remembers it.
 *
 * <p>Owner: immutable.
 */
public final class RequestingClient {
  private RequestingClient() {}

  /** null = another node asks, for a client that is not known here. */
  public static ProducerClient of(RequestContext context) {
    InetSocketAddress from = context.remoteAddress();
    if (context.peer() >= 0 || from == null) {
      return null;
    }
    String host =
        from.getAddress() == null ? from.getHostString() : from.getAddress().getHostAddress();
    return new ProducerClient(host + ":" + from.getPort(), context.clientId());
  }
}
