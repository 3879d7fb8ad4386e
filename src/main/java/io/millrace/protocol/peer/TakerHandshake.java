package io.millrace.protocol.peer;

import io.millrace.protocol.peer.HandshakeMessage.Accepted;
import io.millrace.protocol.peer.HandshakeMessage.Challenge;
import io.millrace.protocol.peer.HandshakeMessage.Hello;
import io.millrace.protocol.peer.HandshakeMessage.Proof;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The side of a handshake that took the connection.
 *
 * <p>Owner: connection loop.
 */
public final class TakerHandshake extends Handshake {
  private final byte[] nonce;
  private final Function<PeerIdentity, PeerIdentity> rivals;
  private final Predicate<PeerPurpose> ready;
  // null = not yet come.
  private byte[] hello;
  private byte[] challenge;
  private PeerPurpose purpose;

  /**
   * A handshake.
   *
   * @param nonce {@link Handshake#NONCE_BYTES} random bytes, never used before
   * @param rivals another living process under the node id of this one; null = none
   * @param ready whether connections for this purpose are taken now
   */
  public TakerHandshake(
      ClusterSecret secret,
      PeerIdentity own,
      byte[] nonce,
      Function<PeerIdentity, PeerIdentity> rivals,
      Predicate<PeerPurpose> ready) {
    super(secret, own);
    this.nonce = nonce;
    this.rivals = rivals;
    this.ready = ready;
  }

  @Override
  byte[] onMessage(HandshakeMessage message, byte[] bytes) {
    if (message instanceof Hello from && hello == null) {
      return onHello(from, bytes);
    }
    if (message instanceof Proof from && hello != null && !isComplete()) {
      return onProof(from);
    }
    throw HandshakeChecks.outOfTurn(message);
  }

  private byte[] onHello(Hello from, byte[] bytes) {
    meet(from.identity());
    purpose = from.purpose();
    HandshakeChecks.cluster(peer(), own);
    if (from.wantedNodeId() != own.nodeId()) {
      throw HandshakeChecks.wrongNode(from.wantedNodeId(), own.nodeId());
    }
    hello = bytes;
    challenge = HandshakeCodec.encode(new Challenge(nonce, own));
    return challenge;
  }

  private byte[] onProof(Proof from) {
    if (!secret.isProof(from.proof(), ClusterSecret.Role.OPENER, hello, challenge)) {
      throw HandshakeChecks.wrongSecret(peer(), own);
    }
    PeerIdentity peer = peer();
    // Only now is it known that it is worth a word of warning.
    if (peer.isSameProcess(own)) {
      throw HandshakeChecks.self(own);
    }
    PeerIdentity rival = peer.nodeId() == own.nodeId() ? own : rivals.apply(peer);
    if (rival != null && !rival.isSameProcess(peer)) {
      throw HandshakeChecks.clash(peer, rival);
    }
    if (!ready.test(purpose)) {
      throw new HandshakeException(
          PeerRefusal.NOT_READY, "node " + own.nodeId() + " is still starting");
    }
    complete();
    return HandshakeCodec.encode(
        new Accepted(secret.proof(ClusterSecret.Role.TAKER, hello, challenge)));
  }

  /** What the connection is for; null = it was not said. */
  public PeerPurpose purpose() {
    return purpose;
  }
}
