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

  /** Figures for these API keys. */
  public NetworkMetrics(Metrics metrics, Iterable<ApiKeys> keys) {
    bytesIn = metrics.counter("millrace_network_received_bytes", "Bytes read from clients");
    bytesOut = metrics.counter("millrace_network_sent_bytes", "Bytes of answers to clients");
    malformed =
        metrics.counter("millrace_requests_malformed", "Frames that were no request served here");
    refused = metrics.counter("millrace_connections_refused", "Connections over a limit");
    latencies = new Metrics.Timer[256];
    for (ApiKeys key : keys) {
      latencies[key.id] =
          metrics.timer(
              "millrace_request_seconds",
              "Time from a complete request to its answer handed to the socket; of a fetch with the"
                  + " time that it waits for bytes",
              "api",
              key.name.toLowerCase(Locale.ROOT));
    }
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
