package io.millrace.client;

/** Makes the failures that {@link Peers} reports. */
public final class PeerFailures {
  private PeerFailures() {}

  /** The request never left. */
  public static PeerException unreachable(int nodeId) {
    return new PeerException(
        nodeId, PeerException.Reason.NO_CONNECTION, null, false, "nobody listens");
  }

  /** The request left, and the connection ended before the answer came. */
  public static PeerException lost(int nodeId) {
    return new PeerException(
        nodeId, PeerException.Reason.NO_CONNECTION, null, true, "the connection ended");
  }
}
