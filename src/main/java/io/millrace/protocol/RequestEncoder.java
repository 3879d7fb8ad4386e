package io.millrace.protocol;

import java.nio.ByteBuffer;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/**
 * Turns a request into its frame, the length field included: the counterpart of {@link
 * RequestHeader} and {@link RequestCodec}.
 *
 * <p>Owner: any thread.
 */
public final class RequestEncoder {
  private static final int CORRELATION_ID_AT = 8;

  private RequestEncoder() {}

  /**
   * The frame of a request, with correlation id 0.
   *
   * @throws IllegalArgumentException when the version is none of the key
   */
  public static ByteBuffer encode(ApiMessage body, short version, String clientId) {
    ApiKeys key = ApiKeys.forId(body.apiKey());
    if (version < body.lowestSupportedVersion() || version > body.highestSupportedVersion()) {
      throw new IllegalArgumentException("there is no version " + version + " of " + key.name);
    }
    RequestHeaderData header =
        new RequestHeaderData()
            .setRequestApiKey(key.id)
            .setRequestApiVersion(version)
            .setClientId(clientId);
    short headerVersion = key.requestHeaderVersion(version);
    ObjectSerializationCache cache = new ObjectSerializationCache();
    MessageSizeAccumulator size = new MessageSizeAccumulator();
    header.addSize(size, cache, headerVersion);
    body.addSize(size, cache, version);
    ByteBuffer frame = ByteBuffer.allocate(Integer.BYTES + size.totalSize());
    frame.putInt(size.totalSize());
    ByteBufferAccessor out = new ByteBufferAccessor(frame);
    header.write(out, cache, headerVersion);
    body.write(out, cache, version);
    return frame.flip();
  }

  /** Gives a frame its correlation id. */
  public static void correlationId(ByteBuffer frame, int id) {
    frame.putInt(CORRELATION_ID_AT, id);
  }
}
