package io.millrace.network;

import io.millrace.metrics.Metrics;
import java.util.Locale;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * What the network counts.
 *
 * <p>Owner: any thread.
 */
public final class NetworkMetrics {
  private final Metrics.Counter bytesIn;
  private final Metrics.Counter bytesOut;
  private final Metrics.Counter malformed;
  private final Metrics.Counter refused;
  // By API key. Keys without an entry are not served.
  private final Metrics.Timer[] latencies;

  private NetworkMetrics(
      Metrics metrics,
      String prefix,
      String whose,
      Metrics.Counter refused,
      Iterable<ApiKeys> keys) {
    this.refused = refused;
    bytesIn =
        metrics.counter(prefix + "network_received_bytes", "Bytes of requests read from " + whose);
    bytesOut = metrics.counter(prefix + "network_sent_bytes", "Bytes of answers to " + whose);
    malformed =
        metrics.counter(
            prefix + "requests_malformed", "Frames of " + whose + " that were no request served");
    latencies = new Metrics.Timer[256];
    for (ApiKeys key : keys) {
      latencies[key.id] =
          metrics.timer(
              prefix + "request_seconds",
              "Time from a complete request of "
                  + whose
                  + " to its answer handed to the socket; of a fetch with the time that it waits"
                  + " for bytes",
              "api",
              key.name.toLowerCase(Locale.ROOT));
    }
  }

  /** Figures of the listeners of clients, for these API keys. */
  public static NetworkMetrics ofClients(Metrics metrics, Iterable<ApiKeys> keys) {
    Metrics.Counter refused =
        metrics.counter("millrace_connections_refused", "Connections over a limit");
    return new NetworkMetrics(metrics, "millrace_", "clients", refused, keys);
  }

  /**
   * Figures of the requests of other nodes, on the internal listener, which counts the connections
   * that it refuses itself.
   */
  public static NetworkMetrics ofNodes(Metrics metrics, Iterable<ApiKeys> keys) {
    return new NetworkMetrics(metrics, "millrace_peer_", "other nodes", amount -> {}, keys);
  }

  void bytesIn(int bytes) {
    bytesIn.add(bytes);
  }

  void answered(ApiKeys key, long nanos, int bytes) {
    bytesOut.add(bytes);
    Metrics.Timer timer = latencies[key.id];
    if (timer != null) {
      timer.recordNanos(nanos);
    }
  }

  void malformed() {
    malformed.increment();
  }

  void refused() {
    refused.increment();
  }
}
