package io.millrace.protocol.peer;

import io.millrace.protocol.peer.HandshakeMessage.Accepted;
import io.millrace.protocol.peer.HandshakeMessage.Challenge;
import io.millrace.protocol.peer.HandshakeMessage.Hello;
import io.millrace.protocol.peer.HandshakeMessage.Proof;
import io.millrace.protocol.peer.HandshakeMessage.Refused;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * The bytes of a handshake. Each message is one frame behind a length field of 4 bytes, as
 * everything on the internal listener:
 *
 * <pre>
 *  opener                                     taker
 *    | Hello      who, what for, nonce    --->  |
 *    | <---           who, nonce   Challenge    |
 *    | Proof      of the opener           --->  |
 *    | <---   of the taker          Accepted    |
 *    |            or, from either, Refused      |
 *
 *  0       4         5      6
 *  +-------+---------+------+----------------+-------------------------------------+
 *  | MRPH  | version | type | fixed fields   | tagged fields                       |
 *  +-------+---------+------+----------------+-------------------------------------+
 *  tagged fields:  count u8 | (tag u8 | size u16 | bytes) ...
 *
 *  str       length i16, then UTF-8; -1 = null
 *  uuid      16 bytes, big endian
 *  identity  nodeId i32 | directoryId uuid | incarnationId uuid | clusterId str
 *  nonce, proof   32 bytes
 *
 *  type            fixed fields
 *   1  Hello       purpose u8 (0 = messages, 1 = requests) | wanted nodeId i32 | nonce | identity
 *   2  Challenge   nonce | identity
 *   3  Proof       proof
 *   4  Accepted    proof
 *   5  Refused     code u16 | text str
 * </pre>
 *
 * <p>Afterwards the frames of a connection for messages are {@code subject u8 | message}, and those
 * of one for requests are Kafka's.
 *
 * <p>Unknown tagged fields are skipped. Refused is the same in all versions, so that a version
 * nobody shares can be told.
 *
 * <p>Owner: any thread.
 */
public final class HandshakeCodec {
  /** No message is longer; a length field that says more is no handshake. */
  public static final int MAX_FRAME_BYTES = 1024;

  static final int NONCE_BYTES = 32;
  static final int PROOF_BYTES = 32;
  static final int VERSION = 0;

  private static final int MAGIC = 0x4D525048; // MRPH
  private static final int MAX_TEXT_BYTES = 768;

  private static final int HELLO = 1;
  private static final int CHALLENGE = 2;
  private static final int PROOF = 3;
  private static final int ACCEPTED = 4;
  private static final int REFUSED = 5;

  private HandshakeCodec() {}

  /** The frame of a refusal without its length field. */
  public static byte[] refused(HandshakeException refusal) {
    return encode(new Refused(refusal.refusal(), refusal.getMessage()));
  }

  /** A frame as it is sent, with its length field. */
  public static ByteBuffer withLength(byte[] frame) {
    return ByteBuffer.allocate(Integer.BYTES + frame.length).putInt(frame.length).put(frame).flip();
  }

  static byte[] encode(HandshakeMessage message) {
    ByteBuffer out = ByteBuffer.allocate(MAX_FRAME_BYTES);
    out.putInt(MAGIC).put((byte) VERSION);
    if (message instanceof Hello hello) {
      out.put((byte) HELLO).put((byte) hello.purpose().id()).putInt(hello.wantedNodeId());
      out.put(hello.nonce());
      identity(out, hello.identity());
    } else if (message instanceof Challenge challenge) {
      out.put((byte) CHALLENGE).put(challenge.nonce());
      identity(out, challenge.identity());
    } else if (message instanceof Proof proof) {
      out.put((byte) PROOF).put(proof.proof());
    } else if (message instanceof Accepted accepted) {
      out.put((byte) ACCEPTED).put(accepted.proof());
    } else if (message instanceof Refused refused) {
      out.put((byte) REFUSED).putShort((short) refused.refusal().code());
      string(out, refused.text(), MAX_TEXT_BYTES);
    }
    out.put((byte) 0);
    byte[] frame = new byte[out.position()];
    out.get(0, frame);
    return frame;
  }

  private static void identity(ByteBuffer out, PeerIdentity identity) {
    out.putInt(identity.nodeId());
    uuid(out, identity.directoryId());
    uuid(out, identity.incarnationId());
    string(out, identity.clusterId(), PeerIdentity.MAX_CLUSTER_ID_BYTES);
  }

  private static void uuid(ByteBuffer out, UUID id) {
    out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
  }

  private static void string(ByteBuffer out, String text, int maxBytes) {
    if (text == null) {
      out.putShort((short) -1);
      return;
    }
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(utf8.length, maxBytes);
    out.putShort((short) length).put(utf8, 0, length);
  }

  /**
   * Reads a frame without its length field.
   *
   * @throws HandshakeException when it is no message of a handshake, or one of another version
   */
  static HandshakeMessage decode(ByteBuffer frame) {
    ByteBuffer in = frame.slice();
    need(in, 6);
    if (in.getInt() != MAGIC) {
      throw malformed(
          "this is the port by which the nodes of a Millrace cluster talk to each other"
              + " (internal.port); clients use the port of listeners");
    }
    int version = in.get() & 0xFF;
    int type = in.get() & 0xFF;
    if (version != VERSION && type != REFUSED) {
      throw new HandshakeException(
          PeerRefusal.UNSUPPORTED_VERSION,
          "version "
              + version
              + " of the nodes' protocol is not known, only version "
              + VERSION
              + ": run versions of Millrace on both nodes of which one is the next after the other");
    }
    HandshakeMessage message =
        switch (type) {
          case HELLO -> hello(in);
          case CHALLENGE -> new Challenge(bytes(in, NONCE_BYTES), identity(in));
          case PROOF -> new Proof(bytes(in, PROOF_BYTES));
          case ACCEPTED -> new Accepted(bytes(in, PROOF_BYTES));
          case REFUSED -> refused(in);
          default -> throw malformed("unknown message " + type + " in a handshake");
        };
    skipTags(in);
    return message;
  }

  private static Hello hello(ByteBuffer in) {
    need(in, 5);
    int id = in.get() & 0xFF;
    PeerPurpose purpose = PeerPurpose.of(id);
    if (purpose == null) {
      throw malformed("unknown purpose " + id + " of a connection");
    }
    return new Hello(purpose, in.getInt(), bytes(in, NONCE_BYTES), identity(in));
  }

  private static Refused refused(ByteBuffer in) {
    need(in, 2);
    PeerRefusal refusal = PeerRefusal.of(in.getShort() & 0xFFFF);
    String text = string(in, MAX_TEXT_BYTES);
    // Nobody has proved anything yet, and this goes into a log.
    return new Refused(refusal, text == null ? "" : text.replaceAll("\\p{Cntrl}", " "));
  }

  private static PeerIdentity identity(ByteBuffer in) {
    need(in, 4);
    int nodeId = in.getInt();
    if (nodeId < 0) {
      throw malformed("negative node id " + nodeId);
    }
    UUID directoryId = uuid(in);
    UUID incarnationId = uuid(in);
    String clusterId = string(in, PeerIdentity.MAX_CLUSTER_ID_BYTES);
    if (clusterId != null && !PeerIdentity.isClusterId(clusterId)) {
      throw malformed("a cluster id that is no text");
    }
    return new PeerIdentity(clusterId, nodeId, directoryId, incarnationId);
  }

  private static UUID uuid(ByteBuffer in) {
    need(in, 16);
    return new UUID(in.getLong(), in.getLong());
  }

  private static String string(ByteBuffer in, int maxBytes) {
    need(in, 2);
    int length = in.getShort();
    if (length == -1) {
      return null;
    }
    if (length < 0 || length > maxBytes) {
      throw malformed("a text of " + length + " bytes in a handshake");
    }
    return new String(bytes(in, length), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(ByteBuffer in, int length) {
    need(in, length);
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  private static void skipTags(ByteBuffer in) {
    need(in, 1);
    int count = in.get() & 0xFF;
    for (int i = 0; i < count; i++) {
      need(in, 3);
      in.get();
      int size = in.getShort() & 0xFFFF;
      need(in, size);
      in.position(in.position() + size);
    }
    if (in.hasRemaining()) {
      throw malformed(in.remaining() + " bytes too many in a handshake");
    }
  }

  private static void need(ByteBuffer in, int bytes) {
    if (in.remaining() < bytes) {
      throw malformed("a handshake ends too early");
    }
  }

  private static HandshakeException malformed(String message) {
    return new HandshakeException(PeerRefusal.MALFORMED, message);
  }
}
