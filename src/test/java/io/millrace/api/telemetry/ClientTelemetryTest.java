package io.millrace.api.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestRequest;
import io.millrace.telemetry.ClientView;
import io.millrace.telemetry.SampleMetrics;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.GetTelemetrySubscriptionsResponseData;
import org.apache.kafka.common.message.PushTelemetryRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.CompressionType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ClientTelemetryTest extends TelemetryFixture {
  private static byte[] metrics() {
    return new SampleMetrics()
        .of("group_id", "g")
        .sum("org.apache.kafka.sent", 3, true, true, Map.of("topic", "t"))
        .bytes();
  }

  private ClientView only() {
    passTime();
    List<ClientView> views = telemetry.views();
    assertThat(views).hasSize(1);
    return views.get(0);
  }

  @Test
  void shouldGiveAnIdToAClientWithoutOne() {
    GetTelemetrySubscriptionsResponseData first = get(Uuid.ZERO_UUID);
    GetTelemetrySubscriptionsResponseData second = get(Uuid.ZERO_UUID);

    assertThat(first.clientInstanceId()).isNotEqualTo(Uuid.ZERO_UUID);
    assertThat(second.clientInstanceId()).isNotEqualTo(first.clientInstanceId());
    assertThat(first.acceptedCompressionTypes())
        .containsExactly((byte) 4, (byte) 3, (byte) 1, (byte) 2);
    assertThat(first.requestedMetrics()).containsExactly("*");
    assertThat(first.pushIntervalMs()).isEqualTo(1_000);
    assertThat(first.telemetryMaxBytes()).isEqualTo(MAX_BYTES);
    assertThat(first.deltaTemporality()).isTrue();
  }

  @Test
  void shouldKeepAnIdThatAClientHas() {
    Uuid id = Uuid.randomUuid();

    assertThat(get(id).clientInstanceId()).isEqualTo(id);
    assertThat(get(id).errorCode()).isEqualTo(Errors.THROTTLING_QUOTA_EXCEEDED.code());
  }

  @ParameterizedTest
  @EnumSource
  void shouldTakeMetricsOfEveryCompression(CompressionType type) {
    connection.software("apache-kafka-java", "4.3.1");
    GetTelemetrySubscriptionsResponseData subscription = get(Uuid.ZERO_UUID);

    assertThat(pushed(request(subscription, type, metrics()))).isEqualTo(Errors.NONE);

    ClientView view = only();
    assertThat(view.traits().softwareName()).isEqualTo("apache-kafka-java");
    assertThat(view.traits().clientId()).isEqualTo("test");
    assertThat(view.traits().address()).isEqualTo("10.1.2.4");
    assertThat(view.resource()).isEqualTo(Map.of("group_id", "g"));
    assertThat(view.series()).hasSize(1);
    assertThat(view.series().get(0).reading().value()).isEqualTo(3);
  }

  @Test
  void shouldAnswerWhenTheMetricsAreRead() {
    TestRequest sent = push(request(get(Uuid.ZERO_UUID), CompressionType.NONE, metrics()));

    assertThat(sent.isAnswered()).isFalse();
    work.poll().run();
    assertThat(sent.isAnswered()).isTrue();
  }

  @Test
  void shouldReadOnePushAtATime() {
    push(request(get(Uuid.ZERO_UUID), CompressionType.NONE, metrics()));
    push(request(get(Uuid.ZERO_UUID), CompressionType.NONE, metrics()));

    assertThat(work).hasSize(1);
    work.poll().run();
    assertThat(work).hasSize(1);
  }

  @Test
  void shouldNotLetPushesPileUp() {
    for (int i = 0; i <= ClientTelemetry.MAX_WAITING; i++) {
      push(request(get(Uuid.ZERO_UUID), CompressionType.NONE, metrics()));
    }

    assertThat(pushed(request(get(Uuid.ZERO_UUID), CompressionType.NONE, metrics())))
        .isEqualTo(Errors.THROTTLING_QUOTA_EXCEEDED);
  }

  @Test
  void shouldTakeAPushWithoutMetrics() {
    assertThat(pushed(request(get(Uuid.ZERO_UUID), CompressionType.NONE, new byte[0])))
        .isEqualTo(Errors.NONE);
    assertThat(only().lastPushMs()).isEqualTo(-1);
  }

  @Test
  void shouldRefuseWhatIsNoMetrics() {
    GetTelemetrySubscriptionsResponseData subscription = get(Uuid.ZERO_UUID);
    PushTelemetryRequestData zip = request(subscription, CompressionType.NONE, metrics());

    assertThat(pushed(zip.setCompressionType(CompressionType.ZSTD.id)))
        .isEqualTo(Errors.INVALID_RECORD);
    assertThat(only().lastError()).isEqualTo("INVALID_RECORD");
  }

  @Test
  void shouldRefuseAnUnknownCompression() {
    PushTelemetryRequestData push =
        request(get(Uuid.ZERO_UUID), CompressionType.NONE, metrics()).setCompressionType((byte) 9);

    assertThat(pushed(push)).isEqualTo(Errors.UNSUPPORTED_COMPRESSION_TYPE);
  }

  @Test
  void shouldRefuseWhatIsTooLargeAsItIsSent() {
    assertThat(pushed(request(get(Uuid.ZERO_UUID), CompressionType.NONE, new byte[MAX_BYTES + 1])))
        .isEqualTo(Errors.TELEMETRY_TOO_LARGE);
  }

  @Test
  void shouldRefuseWhatBecomesTooLargeWhenItIsDecompressed() {
    // Unknown fields of 64 KiB each, 64 MiB of them, in some kilobytes.
    byte[] bomb = new byte[64 << 20];
    for (int at = 0; at < bomb.length; at += 65_536) {
      bomb[at] = 15 << 3 | 2;
      // 65,532, since three bytes are its length.
      bomb[at + 1] = (byte) 0xfc;
      bomb[at + 2] = (byte) 0xff;
      bomb[at + 3] = 3;
    }
    PushTelemetryRequestData push = request(get(Uuid.ZERO_UUID), CompressionType.ZSTD, bomb);
    assertThat(push.metrics().remaining()).isLessThan(MAX_BYTES);

    assertThat(pushed(push)).isEqualTo(Errors.TELEMETRY_TOO_LARGE);
  }

  @Test
  void shouldForgetAClientThatGoes() {
    get(Uuid.ZERO_UUID);
    passTime();
    assertThat(telemetry.views()).hasSize(1);

    connection.close();
    passTime();

    assertThat(telemetry.views()).isEmpty();
  }

  @Test
  void shouldNotBringAClientBackWhoseMetricsAreReadWhenItIsGone() {
    push(request(get(Uuid.ZERO_UUID), CompressionType.NONE, metrics()));
    connection.close();
    work.poll().run();
    passTime();

    assertThat(telemetry.views()).isEmpty();
  }
}
