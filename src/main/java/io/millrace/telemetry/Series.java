package io.millrace.telemetry;

import java.util.Map;

/**
 * One series of a client.
 *
 * @param id which
 * @param kind how it is shown
 * @param reading what it says now
 *     <p>Owner: immutable.
 */
public record Series(Id id, Kind kind, Reading reading) {
  /** How a figure moves. */
  public enum Kind {
    /** Goes up and down. */
    GAUGE,
    /** Only grows. */
    COUNTER,
    HISTOGRAM
  }

  /**
   * What tells a series from the client's others.
   *
   * @param metric name as the client gives it
   *     <p>Owner: immutable.
   */
  public record Id(String metric, Map<String, String> attributes) {
    public Id {
      attributes = Map.copyOf(attributes);
    }
  }
}
