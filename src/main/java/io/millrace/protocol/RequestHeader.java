package io.millrace.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.utils.ByteUtils;

/**
 * A request's header (protocol guide, "Request Header v1" and "v2"):
 *
 * <pre>
 *  0        2         4                8             10
 *  +--------+---------+----------------+-------------+------------------+-----------------+
 *  |  key   | version | correlation id | length or -1| client id (UTF-8)| tagged fields v2|
 *  +--------+---------+----------------+-------------+------------------+-----------------+
 * </pre>
 *
 * @param version as sent; not yet compared with what is served
 * @param clientId null = none
 *     <p>Owner: immutable.
 */
public record RequestHeader(ApiKeys key, short version, int correlationId, String clientId) {
  private static final int FIXED_BYTES = 8;
  private static final int MAX_TAGGED_FIELDS = 64;

  /**
   * Reads the header and leaves the buffer's position at the body.
   *
   * @param previousClientId the client id of the connection's previous request, reused when it is
   *     the same
   * @throws MalformedRequestException when the bytes are no header of a known key
   */
  public static RequestHeader read(ByteBuffer frame, String previousClientId) {
    if (frame.remaining() < FIXED_BYTES) {
      throw new MalformedRequestException(
          "a request header has at least 8 bytes, this frame has " + frame.remaining());
    }
    short id = frame.getShort();
    short version = frame.getShort();
    int correlationId = frame.getInt();
    if (!ApiKeys.hasId(id)) {
      throw new MalformedRequestException("unknown API key " + id);
    }
    ApiKeys key = ApiKeys.forId(id);
    if (!key.hasValidVersion()) {
      // Kafka 4 keeps the names of what only ZooKeeper clusters sent, but has no messages for them.
      throw new MalformedRequestException("API key " + key.name + " has no versions any more");
    }
    if (version < 0) {
      throw new MalformedRequestException("negative version " + version + " of " + key.name);
    }
    String clientId = readClientId(frame, previousClientId);
    if (key.requestHeaderVersion(version) >= 2) {
      skipTaggedFields(frame);
    }
    return new RequestHeader(key, version, correlationId, clientId);
  }

  private static String readClientId(ByteBuffer frame, String previous) {
    if (frame.remaining() < 2) {
      throw new MalformedRequestException("the frame ends before the client id");
    }
    int length = frame.getShort();
    if (length == -1) {
      return null;
    }
    if (length < 0 || length > frame.remaining()) {
      throw new MalformedRequestException(
          "client id length " + length + " with " + frame.remaining() + " bytes left");
    }
    int start = frame.position();
    frame.position(start + length);
    if (previous != null && sameAscii(previous, frame, start, length)) {
      return previous;
    }
    byte[] bytes = new byte[length];
    frame.get(start, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static boolean sameAscii(String text, ByteBuffer frame, int start, int length) {
    if (text.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (text.charAt(i) != frame.get(start + i)) {
        return false;
      }
    }
    return true;
  }

  private static void skipTaggedFields(ByteBuffer frame) {
    try {
      int count = ByteUtils.readUnsignedVarint(frame);
      if (count < 0 || count > MAX_TAGGED_FIELDS) {
        throw new MalformedRequestException(count + " tagged fields in a request header");
      }
      ByteBufferAccessor accessor = new ByteBufferAccessor(frame);
      for (int i = 0; i < count; i++) {
        accessor.readUnsignedVarint();
        int size = accessor.readUnsignedVarint();
        if (size < 0 || size > frame.remaining()) {
          throw new MalformedRequestException("tagged field of " + size + " bytes in the header");
        }
        frame.position(frame.position() + size);
      }
    } catch (java.nio.BufferUnderflowException | IllegalArgumentException e) {
      throw new MalformedRequestException("the frame ends within the header's tagged fields");
    }
  }
}
