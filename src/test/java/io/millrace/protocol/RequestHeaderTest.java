package io.millrace.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.RequestUtils;
import org.junit.jupiter.api.Test;

class RequestHeaderTest {
  private static ByteBuffer kafkas(ApiKeys key, short version, String clientId) {
    ByteBuffer header =
        RequestUtils.serialize(
            new RequestHeaderData()
                .setRequestApiKey(key.id)
                .setRequestApiVersion(version)
                .setClientId(clientId)
                .setCorrelationId(42),
            key.requestHeaderVersion(version),
            new ApiVersionsRequestData(),
            (short) 0);
    ByteBuffer buffer = ByteBuffer.allocate(header.remaining() + 3).put(header);
    buffer.put(new byte[] {7, 8, 9}).flip();
    return buffer;
  }

  @Test
  void shouldReadWhatKafkaWritesForEveryKeyAndVersion() {
    for (ApiKeys key : ApiKeys.clientApis()) {
      for (short version : key.allVersions()) {
        for (String clientId : new String[] {"client", "", "größe", null}) {
          ByteBuffer frame = kafkas(key, version, clientId);
          RequestHeader header = RequestHeader.read(frame, null);
          assertThat(header).isEqualTo(new RequestHeader(key, version, 42, clientId));
          assertThat(frame.remaining()).as("%s v%d", key, version).isEqualTo(3);
        }
      }
    }
  }

  @Test
  void shouldRefuseKeysThatKafkaOnlyRemembers() {
    for (short id = 4; id <= 7; id++) {
      ByteBuffer frame = ByteBuffer.allocate(10).putShort(id).putShort((short) 0);
      frame.putInt(1).putShort((short) -1).flip();
      assertThatThrownBy(() -> RequestHeader.read(frame, null))
          .isInstanceOf(MalformedRequestException.class);
    }
  }

  @Test
  void shouldReuseTheClientIdOfThePreviousRequest() {
    String known = new String("client".getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    RequestHeader header = RequestHeader.read(kafkas(ApiKeys.PRODUCE, (short) 9, "client"), known);
    assertThat(header.clientId()).isSameAs(known);
  }

  @Test
  void shouldRefuseEveryTruncatedHeader() {
    ByteBuffer whole = kafkas(ApiKeys.FETCH, (short) 12, "client");
    for (int length = 0; length < whole.remaining() - 3; length++) {
      ByteBuffer cut = whole.duplicate().limit(length);
      assertThatThrownBy(() -> RequestHeader.read(cut, null))
          .as("%d bytes", length)
          .isInstanceOf(MalformedRequestException.class);
    }
  }

  @Test
  void shouldNameAnUnknownKey() {
    ByteBuffer frame = ByteBuffer.allocate(10).putShort((short) 999).putShort((short) 0);
    frame.putInt(1).putShort((short) -1).flip();
    assertThatThrownBy(() -> RequestHeader.read(frame, null))
        .isInstanceOf(MalformedRequestException.class)
        .hasMessageContaining("999");
  }
}
