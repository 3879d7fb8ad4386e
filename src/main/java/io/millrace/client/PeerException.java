package io.millrace.client;

import io.millrace.protocol.peer.PeerRefusal;

/**
 * A request to another node has no answer. The message says which node, why, and what to do where
 * somebody can do something.
 *
 * <p>Owner: immutable.
 */
public final class PeerException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Why there is no answer. */
  public enum Reason {
    /** Nobody knows where the node is. */
    NO_ADDRESS,
    /** The node cannot be reached, or the connection ended before the answer. */
    NO_CONNECTION,
    /** One side did not want to talk to the other; see {@link PeerException#refusal}. */
    REFUSED,
    /** No answer in time. */
    TIMEOUT,
    /** Too much is on its way to this node already. */
    OVERLOADED,
    /** What came is no answer to the request. */
    MALFORMED,
    /** This node stops. */
    CLOSED
  }

  private final int nodeId;
  private final Reason reason;
  private final PeerRefusal refusal;
  private final boolean maybeReceived;
  private final String text;

  PeerException(
      int nodeId, Reason reason, PeerRefusal refusal, boolean maybeReceived, String text) {
    super("node " + nodeId + ": " + text, null, false, false);
    this.text = text;
    this.nodeId = nodeId;
    this.reason = reason;
    this.refusal = refusal;
    this.maybeReceived = maybeReceived;
  }

  public int nodeId() {
    return nodeId;
  }

  public Reason reason() {
    return reason;
  }

  /** null unless the reason is {@link Reason#REFUSED}. */
  public PeerRefusal refusal() {
    return refusal;
  }

  /**
   * Whether the other node may have the request and act upon it. false = it certainly has not, and
   * any request may be sent again.
   */
  public boolean maybeReceived() {
    return maybeReceived;
  }

  /** The same for a request that was sent. */
  PeerException afterSending() {
    return new PeerException(nodeId, reason, refusal, true, text);
  }
}
