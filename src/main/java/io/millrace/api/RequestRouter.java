package io.millrace.api;

import io.millrace.protocol.MalformedRequestException;
import io.millrace.protocol.RequestHeader;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Finds the handler of a request by key and version. What it knows is what ApiVersions advertises.
 *
 * <p>Owner: immutable.
 */
public final class RequestRouter {
  private final Map<ApiKeys, RequestHandler> handlers = new EnumMap<>(ApiKeys.class);

  /**
   * A router of these handlers.
   *
   * @throws IllegalArgumentException if two handlers have one key
   */
  public RequestRouter(Collection<? extends RequestHandler> handlers) {
    for (RequestHandler handler : handlers) {
      if (this.handlers.put(handler.key(), handler) != null) {
        throw new IllegalArgumentException("two handlers of " + handler.key());
      }
    }
  }

  /**
   * The handler that serves this request.
   *
   * @throws MalformedRequestException when the key or the version is not served here
   */
  public RequestHandler route(RequestHeader header) {
    RequestHandler handler = handlers.get(header.key());
    if (handler == null) {
      throw new MalformedRequestException(header.key().name + " is not served by this node");
    }
    if (header.version() < handler.minVersion() || header.version() > handler.maxVersion()) {
      throw new MalformedRequestException(
          header.key().name
              + " v"
              + header.version()
              + " is not served; allowed are v"
              + handler.minVersion()
              + " to v"
              + handler.maxVersion());
    }
    return handler;
  }

  /** The keys that are served. */
  public List<ApiKeys> keys() {
    return List.copyOf(handlers.keySet());
  }

  /** All handlers, in the order of their keys. */
  public Collection<RequestHandler> handlers() {
    return Collections.unmodifiableCollection(handlers.values());
  }
}
