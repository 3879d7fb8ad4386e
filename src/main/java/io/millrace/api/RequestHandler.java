package io.millrace.api;

import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * The behaviour behind one API key. A handler authorises, splits by partition and joins the
 * results; it keeps no state between requests.
 *
 * <p>Owner: any thread.
 */
public interface RequestHandler {
  ApiKeys key();

  /** Oldest version served; at least the oldest that the generated messages know. */
  default short minVersion() {
    return key().oldestVersion();
  }

  /** Newest version served: the newest stable one unless said otherwise. */
  default short maxVersion() {
    return key().latestVersion(false);
  }

  /**
   * Answers the request by exactly one {@link RequestContext#reply}, now or later. Runs on the
   * connection's loop and must not block. An exception thrown here is logged and answered by
   * UNKNOWN_SERVER_ERROR.
   *
   * @param request the decoded body, of this key's request type
   */
  void handle(RequestContext context, ApiMessage request);
}
