package io.millrace.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.SaslHandshakeResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.MessageUtil;
import org.junit.jupiter.api.Test;

class ThrottleTimeTest {
  @Test
  void shouldSetTheFieldWhereThereIsOne() {
    ProduceResponseData produce = new ProduceResponseData();
    ThrottleTime.set(produce, 7);
    assertThat(produce.throttleTimeMs()).isEqualTo(7);
    FetchResponseData fetch = new FetchResponseData();
    ThrottleTime.set(fetch, 8);
    assertThat(fetch.throttleTimeMs()).isEqualTo(8);
    SaslHandshakeResponseData none = new SaslHandshakeResponseData();
    ThrottleTime.set(none, 9);
    assertThat(none).isEqualTo(new SaslHandshakeResponseData());
  }

  @Test
  void shouldHarmNoVersionOfAnAnswer() {
    for (ApiKeys key : ApiKeys.clientApis()) {
      var response = key.messageType.newResponse();
      ThrottleTime.set(response, 7);
      for (short version = key.oldestVersion(); version <= key.latestVersion(); version++) {
        int from = response.getClass().getName().contains("Produce") ? 3 : version;
        if (version >= from) {
          assertThat(MessageUtil.toByteBufferAccessor(response, version).buffer()).isNotNull();
        }
      }
    }
  }
}
