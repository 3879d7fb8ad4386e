package io.millrace.protocol.peer;

import io.millrace.protocol.peer.HandshakeMessage.Accepted;
import io.millrace.protocol.peer.HandshakeMessage.Challenge;
import io.millrace.protocol.peer.HandshakeMessage.Hello;
import io.millrace.protocol.peer.HandshakeMessage.Proof;
import io.millrace.protocol.peer.HandshakeMessage.Refused;
import java.nio.ByteBuffer;

/**
 * The side of a handshake that opened the connection.
 *
 * <p>Owner: connection loop.
 */
public final class OpenerHandshake implements Handshake {
  private final ClusterSecret secret;
  private final PeerIdentity own;
  private final int wantedNodeId;
  private final byte[] hello;
  // null = not yet come.
  private byte[] challenge;
  private PeerIdentity peer;
  private boolean complete;
  private boolean refusedByPeer;

  /**
   * A handshake.
   *
   * @param nonce {@link Handshake#NONCE_BYTES} random bytes, never used before
   */
  public OpenerHandshake(
      ClusterSecret secret, PeerIdentity own, PeerPurpose purpose, int wantedNodeId, byte[] nonce) {
    this.secret = secret;
    this.own = own;
    this.wantedNodeId = wantedNodeId;
    this.hello = HandshakeCodec.encode(new Hello(purpose, wantedNodeId, nonce, own));
  }

  /** The first frame, without its length field. */
  public byte[] hello() {
    return hello.clone();
  }

  @Override
  public byte[] onFrame(ByteBuffer frame) {
    byte[] bytes = new byte[frame.remaining()];
    frame.get(frame.position(), bytes);
    HandshakeMessage message = HandshakeCodec.decode(frame);
    if (message instanceof Refused refused) {
      refusedByPeer = true;
      throw new HandshakeException(refused.refusal(), refused.text());
    }
    if (message instanceof Challenge from && challenge == null) {
      peer = from.identity();
      HandshakeChecks.cluster(own, peer);
      if (peer.nodeId() != wantedNodeId) {
        throw HandshakeChecks.wrongNode(wantedNodeId, peer.nodeId());
      }
      challenge = bytes;
      return HandshakeCodec.encode(
          new Proof(secret.proof(ClusterSecret.Role.OPENER, hello, challenge)));
    }
    if (message instanceof Accepted accepted && challenge != null && !complete) {
      if (!secret.isProof(accepted.proof(), ClusterSecret.Role.TAKER, hello, challenge)) {
        throw HandshakeChecks.wrongSecret(own, peer);
      }
      complete = true;
      return null;
    }
    throw HandshakeChecks.outOfTurn(message);
  }

  @Override
  public boolean isComplete() {
    return complete;
  }

  @Override
  public boolean isRefusedByPeer() {
    return refusedByPeer;
  }

  @Override
  public PeerIdentity peer() {
    return peer;
  }
}
