package io.millrace.telemetry;

import java.util.List;
import java.util.Map;

/**
 * The metrics that a client has pushed, decoded.
 *
 * @param resource attributes of the client itself, such as its group
 * @param points in the order of the push
 * @param dropped points that are too many, too long or of a kind that is not kept
 *     <p>Owner: immutable.
 */
public record Push(Map<String, String> resource, List<Point> points, int dropped) {
  /**
   * One reading.
   *
   * @param delta whether it is what came on top since the push before
   *     <p>Owner: immutable.
   */
  public record Point(Series.Id id, Series.Kind kind, boolean delta, Reading reading) {}
}
