package io.millrace.coordinator.group;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubscribedTopicsTest {
  private final TestGroupCoordinator coordinator =
      new TestGroupCoordinator(
          new OffsetConfig(100, 1_000, 1_000), new ClassicGroupConfig(0, 1, 100_000, 10));

  /** Collections that are longer than the bytes, and none at all. */
  @ParameterizedTest
  @ValueSource(strings = {"", "\0\0", "\0\0\177\177\177\177", "\0\0\0\0\0\1\177\177x"})
  void shouldTakeAnyBytesForASubscription(String metadata) {
    JoinGroupRequestData request =
        new JoinGroupRequestData()
            .setGroupId("g")
            .setProtocolType("consumer")
            .setSessionTimeoutMs(10_000)
            .setRebalanceTimeoutMs(10_000);
    request
        .protocols()
        .add(
            new JoinGroupRequestProtocol()
                .setName("range")
                .setMetadata(metadata.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1)));

    JoinGroupResponseData joined =
        coordinator
            .<JoinGroupResponseData>ask(
                "g",
                (shard, reply) ->
                    shard
                        .kind(ClassicGroups.class)
                        .join(request, new ClientId("c", "/127.0.0.1", (short) 3), reply))
            .result();

    assertThat(joined.errorCode()).isEqualTo(Errors.NONE.code());
    assertThat(coordinator.shard.groups().get("g").isSubscribedTo("t")).isTrue();
  }
}
