package io.millrace.metrics;

import java.util.List;

/**
 * The figures of the consumer groups of this node, as they were when they were last computed.
 *
 * @param lags of the groups and topics that are shown
 * @param leftOut how many groups and topics there are besides
 * @param counts groups by type and state
 *     <p>Owner: immutable.
 */
public record GroupFigures(List<Lag> lags, long leftOut, List<Count> counts) {
  /** Nothing is known of any group. */
  public static final GroupFigures NONE = new GroupFigures(List.of(), 0, List.of());

  /**
   * How far a group is behind in a topic.
   *
   * @param records of all partitions; -1 = unknown
   * @param ms age of the oldest record that nobody has read yet; -1 = unknown
   *     <p>Owner: immutable.
   */
  public record Lag(String group, String topic, long records, long ms) {}

  /**
   * How many groups are of a type and in a state.
   *
   * <p>Owner: immutable.
   */
  public record Count(String type, String state, int groups) {}
}
