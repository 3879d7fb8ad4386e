package io.millrace.protocol.peer;

/**
 * What two nodes say to each other before they trust each other; {@link HandshakeCodec} has the
 * order and the bytes.
 *
 * <p>Owner: immutable. The arrays are not copied and not changed.
 */
@SuppressWarnings("ArrayRecordComponent") // Written or read once, and never compared.
sealed interface HandshakeMessage {
  /**
   * Who opened the connection, what for, and whom it wants to talk to.
   *
   * @param nonce the opener's random bytes
   * @param wantedNodeId the node that should be here
   */
  record Hello(PeerPurpose purpose, int wantedNodeId, byte[] nonce, PeerIdentity identity)
      implements HandshakeMessage {}

  /**
   * Who took it.
   *
   * @param nonce the taker's random bytes
   */
  record Challenge(byte[] nonce, PeerIdentity identity) implements HandshakeMessage {}

  /** The opener knows the secret. */
  record Proof(byte[] proof) implements HandshakeMessage {}

  /** The taker knows it too: the connection is open. */
  record Accepted(byte[] proof) implements HandshakeMessage {}

  /** Either side ends the handshake, and says why. */
  record Refused(PeerRefusal refusal, String text) implements HandshakeMessage {}
}
