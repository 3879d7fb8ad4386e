package io.millrace.api.cluster;

import java.util.function.BooleanSupplier;

/**
 * How this node stands to the rest of its cluster, for what it tells clients of itself.
 *
 * <p>Owner: any thread.
 */
public final class OwnStanding {
  private final int nodeId;
  private final BooleanSupplier cutOff;

  /**
   * A standing.
   *
   * @param nodeId this node
   * @param cutOff whether no controller has answered this broker for longer than {@code
   *     broker.session.timeout.ms}
   */
  public OwnStanding(int nodeId, BooleanSupplier cutOff) {
    this.nodeId = nodeId;
    this.cutOff = cutOff;
  }

  int nodeId() {
    return nodeId;
  }

  boolean cutOff() {
    return cutOff.getAsBoolean();
  }
}
