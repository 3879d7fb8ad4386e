package io.millrace.protocol.peer;

import io.millrace.protocol.peer.HandshakeMessage.Accepted;
import io.millrace.protocol.peer.HandshakeMessage.Challenge;
import io.millrace.protocol.peer.HandshakeMessage.Hello;
import io.millrace.protocol.peer.HandshakeMessage.Proof;

/**
 * The side of a handshake that opened the connection.
 *
 * <p>Owner: connection loop.
 */
public final class OpenerHandshake extends Handshake {
  private final int wantedNodeId;
  private final byte[] hello;
  // null = not yet come.
  private byte[] challenge;

  /**
   * A handshake.
   *
   * @param nonce {@link Handshake#NONCE_BYTES} random bytes, never used before
   */
  public OpenerHandshake(
      ClusterSecret secret, PeerIdentity own, PeerPurpose purpose, int wantedNodeId, byte[] nonce) {
    super(secret, own);
    this.wantedNodeId = wantedNodeId;
    this.hello = HandshakeCodec.encode(new Hello(purpose, wantedNodeId, nonce, own));
  }

  /** The first frame, without its length field. */
  public byte[] hello() {
    return hello.clone();
  }

  @Override
  byte[] onMessage(HandshakeMessage message, byte[] bytes) {
    if (message instanceof Challenge from && challenge == null) {
      meet(from.identity());
      HandshakeChecks.cluster(own, peer());
      if (peer().nodeId() != wantedNodeId) {
        throw HandshakeChecks.wrongNode(wantedNodeId, peer().nodeId());
      }
      challenge = bytes;
      return HandshakeCodec.encode(
          new Proof(secret.proof(ClusterSecret.Role.OPENER, hello, challenge)));
    }
    if (message instanceof Accepted accepted && challenge != null && !isComplete()) {
      if (!secret.isProof(accepted.proof(), ClusterSecret.Role.TAKER, hello, challenge)) {
        throw HandshakeChecks.wrongSecret(own, peer());
      }
      complete();
      return null;
    }
    throw HandshakeChecks.outOfTurn(message);
  }
}
