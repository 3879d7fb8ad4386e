package io.millrace.http;

import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;

/**
 * Where HTTP is served.
 *
 * @param host the address to bind, loopback unless configured
 * @param port 0 = any free one, -1 = HTTP is off
 *     <p>Owner: immutable.
 */
public record HttpConfig(String host, int port) {
  public static HttpConfig from(Settings settings) {
    return new HttpConfig(settings.get(NodeKeys.HTTP_HOST), settings.get(NodeKeys.HTTP_PORT));
  }

  /** Whether there is anything to bind. */
  public boolean enabled() {
    return port >= 0;
  }
}
