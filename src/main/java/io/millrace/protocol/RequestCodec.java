package io.millrace.protocol;

import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;

/**
 * Turns a request's bytes into the generated message of its key.
 *
 * <p>Owner: any thread.
 */
public final class RequestCodec {
  private RequestCodec() {}

  /**
   * Decodes the body at the buffer's position. Records stay where they are: they are slices of
   * {@code frame}.
   *
   * @throws MalformedRequestException when the body is truncated or a length in it is impossible
   */
  public static ApiMessage decode(RequestHeader header, ByteBuffer frame) {
    ApiMessage message = header.key().messageType.newRequest();
    try {
      message.read(new ByteBufferAccessor(frame), header.version());
      return message;
    } catch (RuntimeException e) {
      throw new MalformedRequestException(
          header.key().name + " v" + header.version() + " cannot be decoded: " + e.getMessage());
    }
  }
}
