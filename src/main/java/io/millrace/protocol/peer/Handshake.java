package io.millrace.protocol.peer;

import java.nio.ByteBuffer;

/**
 * One side of a handshake: frames of the other side in, frames for it out. Ends with {@link
 * #isComplete}, or with a {@link HandshakeException} whose {@link HandshakeException#getMessage
 * text} is for both sides.
 *
 * <p>Owner: connection loop.
 */
public interface Handshake {
  /** Bytes of a nonce. */
  int NONCE_BYTES = HandshakeCodec.NONCE_BYTES;

  /**
   * Takes a frame, without its length field.
   *
   * @return the frame to answer, without its length field; null = nothing is to be said
   * @throws HandshakeException when this side does not go on. Unless {@link #isRefusedByPeer} the
   *     other side is to be told, by {@link HandshakeCodec#refused}
   */
  byte[] onFrame(ByteBuffer frame);

  /** Whether both sides have proved what they had to. */
  boolean isComplete();

  /** Whether it was the other side that refused. */
  boolean isRefusedByPeer();

  /** Who the other side is; null = it has not said so. Only when complete it is true. */
  PeerIdentity peer();
}
