package io.millrace.protocol.peer;

/**
 * One side does not want to talk to the other. The message is what the other side is told, and says
 * what to do.
 *
 * <p>Owner: immutable.
 */
public final class HandshakeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final PeerRefusal refusal;

  public HandshakeException(PeerRefusal refusal, String message) {
    super(message, null, false, false);
    this.refusal = refusal;
  }

  public PeerRefusal refusal() {
    return refusal;
  }
}
