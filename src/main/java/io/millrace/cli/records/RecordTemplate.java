package io.millrace.cli.records;

import io.millrace.cli.Bytes;
import io.millrace.cli.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * Writes a record as the user asked: {@code json}, or a text with placeholders such as {@code
 * {offset}}. Keys and values come out byte by byte as they are, unless {@code {value:hex}} or
 * {@code {value:base64}} is asked for.
 *
 * <p>Owner: immutable.
 */
final class RecordTemplate {
  /** For help texts. */
  static final String PLACEHOLDERS =
      "{topic} {partition} {offset} {leader-epoch} {timestamp} {time} {key} {value} {key-size}"
          + " {value-size} {headers}";

  private interface Piece {
    void write(ConsumerRecord<byte[], byte[]> record, ByteArrayOutputStream to);
  }

  private final List<Piece> pieces;

  private RecordTemplate(List<Piece> pieces) {
    this.pieces = pieces;
  }

  /**
   * Understands a format.
   *
   * @param nullText what a null key or value becomes
   * @throws IllegalArgumentException naming a placeholder that does not exist
   */
  static RecordTemplate parse(String format, String nullText) {
    if (format.equalsIgnoreCase("json")) {
      return new RecordTemplate(List.of((record, to) -> text(to, Json.line(json(record)) + "\n")));
    }
    String template = unescape(format);
    List<Piece> pieces = new ArrayList<>();
    int at = 0;
    while (at < template.length()) {
      int open = template.indexOf('{', at);
      int close = open < 0 ? -1 : template.indexOf('}', open);
      if (open < 0 || close < 0) {
        literal(pieces, template.substring(at));
        break;
      }
      literal(pieces, template.substring(at, open));
      pieces.add(placeholder(template.substring(open + 1, close), nullText));
      at = close + 1;
    }
    literal(pieces, "\n");
    return new RecordTemplate(List.copyOf(pieces));
  }

  byte[] render(ConsumerRecord<byte[], byte[]> record) {
    var to = new ByteArrayOutputStream(256);
    pieces.forEach(piece -> piece.write(record, to));
    return to.toByteArray();
  }

  /** Understands {@code \t}, {@code \n}, {@code \0} and {@code \\}. */
  static String unescape(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\' || i + 1 == text.length()) {
        out.append(c);
        continue;
      }
      char next = text.charAt(++i);
      switch (next) {
        case 't' -> out.append('\t');
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case '0' -> out.append('\0');
        case '\\' -> out.append('\\');
        default -> out.append(c).append(next);
      }
    }
    return out.toString();
  }

  private static void literal(List<Piece> pieces, String text) {
    if (!text.isEmpty()) {
      pieces.add((record, to) -> text(to, text));
    }
  }

  private static Piece placeholder(String name, String nullText) {
    return switch (name) {
      case "topic" -> (r, to) -> text(to, r.topic());
      case "partition" -> (r, to) -> text(to, r.partition());
      case "offset" -> (r, to) -> text(to, r.offset());
      case "leader-epoch" -> (r, to) -> text(to, r.leaderEpoch().orElse(-1));
      case "timestamp" -> (r, to) -> text(to, r.timestamp());
      case "time" -> (r, to) -> text(to, Instant.ofEpochMilli(r.timestamp()));
      case "key-size" -> (r, to) -> text(to, size(r.key()));
      case "value-size" -> (r, to) -> text(to, size(r.value()));
      case "headers" -> (r, to) -> headers(r, to, nullText);
      case "key" -> (r, to) -> raw(to, r.key(), nullText);
      case "value" -> (r, to) -> raw(to, r.value(), nullText);
      case "key:hex" -> (r, to) -> text(to, hex(r.key(), nullText));
      case "value:hex" -> (r, to) -> text(to, hex(r.value(), nullText));
      case "key:base64" -> (r, to) -> text(to, base64(r.key(), nullText));
      case "value:base64" -> (r, to) -> text(to, base64(r.value(), nullText));
      default ->
          throw new IllegalArgumentException(
              "unknown placeholder {" + name + "}; there are: " + PLACEHOLDERS);
    };
  }

  private static void text(ByteArrayOutputStream to, Object value) {
    to.writeBytes(String.valueOf(value).getBytes(StandardCharsets.UTF_8));
  }

  private static void raw(ByteArrayOutputStream to, byte[] bytes, String nullText) {
    if (bytes == null) {
      text(to, nullText);
    } else {
      to.writeBytes(bytes);
    }
  }

  private static void headers(
      ConsumerRecord<byte[], byte[]> record, ByteArrayOutputStream to, String nullText) {
    String between = "";
    for (Header header : record.headers()) {
      text(to, between + header.key() + "=");
      raw(to, header.value(), nullText);
      between = ",";
    }
  }

  private static String hex(byte[] bytes, String nullText) {
    return bytes == null ? nullText : HexFormat.of().formatHex(bytes);
  }

  private static String base64(byte[] bytes, String nullText) {
    return bytes == null ? nullText : Base64.getEncoder().encodeToString(bytes);
  }

  private static int size(byte[] bytes) {
    return bytes == null ? -1 : bytes.length;
  }

  private static Map<String, Object> json(ConsumerRecord<byte[], byte[]> record) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("topic", record.topic());
    json.put("partition", record.partition());
    json.put("offset", record.offset());
    json.put("timestamp", record.timestamp());
    json.put("timestampType", record.timestampType().toString());
    json.put("leaderEpoch", record.leaderEpoch().orElse(null));
    List<Map<String, Object>> headers = new ArrayList<>();
    for (Header header : record.headers()) {
      Map<String, Object> each = new LinkedHashMap<>();
      each.put("name", header.key());
      Bytes.putJson(each, "value", header.value());
      headers.add(each);
    }
    json.put("headers", headers);
    Bytes.putJson(json, "key", record.key());
    Bytes.putJson(json, "value", record.value());
    return json;
  }
}
