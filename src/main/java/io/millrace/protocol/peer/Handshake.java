package io.millrace.protocol.peer;

import io.millrace.protocol.peer.HandshakeMessage.Refused;
import java.nio.ByteBuffer;

/**
 * One side of a handshake: frames of the other side in, frames for it out. Ends with {@link
 * #isComplete}, or with a {@link HandshakeException} whose {@link HandshakeException#getMessage
 * text} is for both sides.
 *
 * <p>Owner: connection loop.
 */
public abstract sealed class Handshake permits OpenerHandshake, TakerHandshake {
  /** Bytes of a nonce. */
  public static final int NONCE_BYTES = HandshakeCodec.NONCE_BYTES;

  final ClusterSecret secret;
  final PeerIdentity own;
  // null = it has not said so.
  private PeerIdentity peer;
  private boolean complete;
  private boolean refusedByPeer;

  Handshake(ClusterSecret secret, PeerIdentity own) {
    this.secret = secret;
    this.own = own;
  }

  /**
   * Takes a frame, without its length field.
   *
   * @return the frame to answer, without its length field; null = nothing is to be said
   * @throws HandshakeException when this side does not go on. Unless {@link #isRefusedByPeer} the
   *     other side is to be told, by {@link HandshakeCodec#refused}
   */
  public final byte[] onFrame(ByteBuffer frame) {
    byte[] bytes = new byte[frame.remaining()];
    frame.get(frame.position(), bytes);
    HandshakeMessage message = HandshakeCodec.decode(frame);
    if (message instanceof Refused refused) {
      refusedByPeer = true;
      throw new HandshakeException(refused.refusal(), refused.text());
    }
    return onMessage(message, bytes);
  }

  /**
   * As {@link #onFrame}, for everything but a refusal.
   *
   * @param bytes those of the message, which proofs are made of
   */
  abstract byte[] onMessage(HandshakeMessage message, byte[] bytes);

  final void meet(PeerIdentity who) {
    peer = who;
  }

  final void complete() {
    complete = true;
  }

  /** Whether both sides have proved what they had to. */
  public final boolean isComplete() {
    return complete;
  }

  /** Whether it was the other side that refused. */
  public final boolean isRefusedByPeer() {
    return refusedByPeer;
  }

  /** Who the other side is; null = it has not said so. Only when complete it is true. */
  public final PeerIdentity peer() {
    return peer;
  }
}
