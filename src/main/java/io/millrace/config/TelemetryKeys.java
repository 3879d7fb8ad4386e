package io.millrace.config;

import static io.millrace.config.ConfigKey.intKey;

import java.util.List;

/**
 * Keys of the node about the metrics of clients (KIP-714).
 *
 * <p>Owner: immutable.
 */
public final class TelemetryKeys {
  private static final String SECTION = "Metrics of clients";

  public static final ConfigKey<Integer> TELEMETRY_MAX_BYTES =
      intKey("telemetry.max.bytes")
          .section(SECTION)
          .unit("bytes")
          .defaultsTo(1 << 20)
          .allowed(Allowed.atLeast(1))
          .doc("The largest push of a client's metrics, as it is sent.")
          .build();

  public static final ConfigKey<Integer> METRICS_CLIENT_SERIES_MAX =
      intKey("metrics.client.series.max")
          .section(SECTION)
          .defaultsTo(10_000)
          .allowed(new Allowed<>("0 to 50000", max -> max >= 0 && max <= 50_000))
          .doc(
              "Series of clients that `/metrics` shows; `millrace_telemetry_series_left_out` says how"
                  + " many there are besides.")
          .build();

  /** All keys in the order of the reference page. */
  static final List<ConfigKey<?>> ALL = List.of(TELEMETRY_MAX_BYTES, METRICS_CLIENT_SERIES_MAX);

  private TelemetryKeys() {}
}
