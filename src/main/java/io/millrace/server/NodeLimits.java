package io.millrace.server;

import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.network.ConnectionLimits;
import io.millrace.quota.Ipv6;
import java.util.HashMap;
import java.util.Map;

/**
 * The node's bounds, read from its settings.
 *
 * <p>Owner: immutable.
 */
final class NodeLimits {
  private static final long MIN_REQUEST_MEMORY = 32L << 20;

  private NodeLimits() {}

  /** Bytes of requests in memory; unless set, a quarter of the direct memory the JVM may use. */
  static long requestMemory(Settings settings) {
    long configured = settings.get(NodeKeys.QUEUED_MAX_REQUEST_BYTES);
    return configured > 0
        ? configured
        : Math.max(MIN_REQUEST_MEMORY, Runtime.getRuntime().maxMemory() / 4);
  }

  /** Addresses in the one spelling in which connections have theirs. */
  static ConnectionLimits.Counts connections(Settings settings) {
    Map<String, Integer> overrides = new HashMap<>();
    for (String entry : settings.get(NodeKeys.MAX_CONNECTIONS_PER_IP_OVERRIDES)) {
      int colon = entry.lastIndexOf(':');
      String address = entry.substring(0, colon).replaceFirst("^\\[(.*)]$", "$1");
      overrides.put(Ipv6.canonical(address), Integer.parseInt(entry.substring(colon + 1)));
    }
    return new ConnectionLimits.Counts(
        settings.get(NodeKeys.MAX_CONNECTIONS),
        settings.get(NodeKeys.MAX_CONNECTIONS_PER_IP),
        overrides);
  }
}
