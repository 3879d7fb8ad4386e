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

  private static final int OBJECTS_BYTES = 200;
  private static final int ATTRIBUTE_BYTES = 100;

  /** Memory that it takes, roughly; sooner too much. */
  int bytes() {
    int buckets = reading.isHistogram() ? 2 * Long.BYTES * reading.buckets().length : 0;
    return OBJECTS_BYTES + bytesOf(id.metric) + bytesOf(id.attributes) + buckets;
  }

  /** Memory that attributes take, as in {@link #bytes}. */
  static int bytesOf(Map<String, String> attributes) {
    int bytes = 0;
    for (Map.Entry<String, String> attribute : attributes.entrySet()) {
      bytes += ATTRIBUTE_BYTES + bytesOf(attribute.getKey()) + bytesOf(attribute.getValue());
    }
    return bytes;
  }

  private static int bytesOf(String text) {
    return Character.BYTES * text.length();
  }
}
