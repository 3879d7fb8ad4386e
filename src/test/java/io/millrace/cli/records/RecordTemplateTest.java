package io.millrace.cli.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class RecordTemplateTest {
  private static final byte[] NOT_TEXT = {(byte) 0xff, 0, 'x'};

  @Test
  void shouldFillInEveryPlaceholder() {
    String format =
        "{topic}/{partition}@{offset} e{leader-epoch} {timestamp} {time} {key}={value}"
            + " {key-size},{value-size} [{headers}]";

    assertThat(render(format, record(bytes("k"), bytes("värde"))))
        .isEqualTo("t/3@42 e7 1000 1970-01-01T00:00:01Z k=värde 1,6 [h=1,n=null]\n");
  }

  @Test
  void shouldPassBytesThroughUnchanged() {
    byte[] rendered = RecordTemplate.parse("{value}", "null").render(record(null, NOT_TEXT));

    assertThat(rendered).containsExactly(0xff, 0, 'x', '\n');
  }

  @Test
  void shouldShowBytesAsHexAndBase64() {
    assertThat(render("{value:hex} {value:base64}", record(null, NOT_TEXT)))
        .isEqualTo("ff0078 /wB4\n");
  }

  @Test
  void shouldWriteTheTextForNull() {
    assertThat(RecordTemplate.parse("{key} {value} {value-size}", "-").render(record(null, null)))
        .isEqualTo(bytes("- - -1\n"));
  }

  @Test
  void shouldUnderstandEscapes() {
    assertThat(render("{offset}\\t{partition}\\\\", record(null, null))).isEqualTo("42\t3\\\n");
  }

  @Test
  void shouldKeepAnOpenBraceAsText() {
    assertThat(render("{offset} {", record(null, null))).isEqualTo("42 {\n");
  }

  @Test
  void shouldRefuseAnUnknownPlaceholder() {
    assertThatThrownBy(() -> RecordTemplate.parse("{offest}", "null"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("{offest}")
        .hasMessageContaining("{offset}");
  }

  @Test
  void shouldWriteJson() {
    assertThat(render("json", record(null, bytes("v"))))
        .isEqualTo(
            "{\"topic\":\"t\",\"partition\":3,\"offset\":42,\"timestamp\":1000,"
                + "\"timestampType\":\"CreateTime\",\"leaderEpoch\":7,\"headers\":"
                + "[{\"name\":\"h\",\"value\":\"1\"},{\"name\":\"n\",\"value\":null}],"
                + "\"key\":null,\"value\":\"v\"}\n");
  }

  @Test
  void shouldWriteBytesThatAreNoTextAsBase64InJson() {
    assertThat(render("json", record(NOT_TEXT, bytes("v"))))
        .contains("\"keyBase64\":\"/wB4\"")
        .doesNotContain("\"key\":");
  }

  private static String render(String format, ConsumerRecord<byte[], byte[]> record) {
    return new String(RecordTemplate.parse(format, "null").render(record), StandardCharsets.UTF_8);
  }

  private static ConsumerRecord<byte[], byte[]> record(byte[] key, byte[] value) {
    var headers = new RecordHeaders();
    headers.add("h", bytes("1"));
    headers.add("n", null);
    return new ConsumerRecord<>(
        "t", 3, 42, 1000, TimestampType.CREATE_TIME, 0, 0, key, value, headers, Optional.of(7));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
