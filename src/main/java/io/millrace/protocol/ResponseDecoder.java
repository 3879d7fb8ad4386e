package io.millrace.protocol;

import java.nio.ByteBuffer;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;

/**
 * Turns a response's bytes into the generated message of its key: the counterpart of {@link
 * ResponseEncoder}.
 *
 * <p>Owner: any thread.
 */
public final class ResponseDecoder {
  private ResponseDecoder() {}

  /** The correlation id of a frame without its length field; -1 = it is too short to have one. */
  public static int correlationId(ByteBuffer frame) {
    return frame.remaining() < Integer.BYTES ? -1 : frame.getInt(frame.position());
  }

  /**
   * Decodes a frame without its length field. Records stay where they are: they are slices of it.
   *
   * @throws MalformedResponseException when the frame is no response of this key and version
   */
  public static ApiMessage decode(ApiKeys key, short version, ByteBuffer frame) {
    ByteBufferAccessor in = new ByteBufferAccessor(frame);
    ApiMessage message = key.messageType.newResponse();
    try {
      new ResponseHeaderData().read(in, key.responseHeaderVersion(version));
      message.read(in, version);
    } catch (RuntimeException e) {
      throw new MalformedResponseException(
          "the answer to " + key.name + " v" + version + " cannot be decoded: " + e.getMessage());
    }
    if (frame.hasRemaining()) {
      throw new MalformedResponseException(
          frame.remaining() + " bytes too many in the answer to " + key.name + " v" + version);
    }
    return message;
  }
}
