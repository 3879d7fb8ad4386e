package io.millrace.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.apache.kafka.common.message.BrokerHeartbeatResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;

class RequestEncoderTest {
  @Test
  void shouldWriteWhatRequestHeaderAndCodecRead() {
    for (short version = 0; version <= 13; version++) {
      MetadataRequestData body = new MetadataRequestData().setAllowAutoTopicCreation(true);
      ByteBuffer frame = RequestEncoder.encode(body, version, "node-1");
      RequestEncoder.correlationId(frame, 4711);

      assertThat(frame.getInt()).isEqualTo(frame.remaining());
      RequestHeader header = RequestHeader.read(frame, null);
      assertThat(header).isEqualTo(new RequestHeader(ApiKeys.METADATA, version, 4711, "node-1"));
      assertThat(RequestCodec.decode(header, frame)).isEqualTo(body);
      assertThat(frame.hasRemaining()).isFalse();
    }
  }

  @Test
  void shouldRefuseVersionThatDoesNotExist() {
    assertThatThrownBy(() -> RequestEncoder.encode(new MetadataRequestData(), (short) 99, "node-1"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldReadAResponse() {
    BrokerHeartbeatResponseData body = new BrokerHeartbeatResponseData().setIsFenced(true);
    ByteBuffer frame = response(body);

    assertThat(ResponseDecoder.correlationId(frame)).isEqualTo(5);
    assertThat(ResponseDecoder.decode(ApiKeys.BROKER_HEARTBEAT, (short) 1, frame.slice()))
        .isEqualTo(body);
  }

  @Test
  void shouldRefuseEveryCutOfAResponse() {
    ByteBuffer frame = response(new BrokerHeartbeatResponseData().setIsFenced(true));

    for (int length = 0; length < frame.remaining(); length++) {
      ByteBuffer cut = frame.slice(frame.position(), length);
      assertThatThrownBy(() -> ResponseDecoder.decode(ApiKeys.BROKER_HEARTBEAT, (short) 1, cut))
          .isInstanceOf(MalformedResponseException.class);
    }
  }

  /** The response of correlation id 5 to a BrokerHeartbeat, without the length in front. */
  private static ByteBuffer response(BrokerHeartbeatResponseData body) {
    ResponseEncoder encoder = new ResponseEncoder(ApiKeys.BROKER_HEARTBEAT, (short) 1, 5, body);
    ByteBuffer frame = ByteBuffer.allocate(encoder.inlineBytes());
    encoder.write(frame);
    frame.flip().getInt();
    return frame;
  }
}
