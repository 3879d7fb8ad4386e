package io.millrace.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;

/**
 * Keys and values, which may be text or anything else, made readable.
 *
 * <p>Owner: any thread.
 */
public final class Bytes {
  private Bytes() {}

  /** The bytes from position to limit, which are not moved; null stays null. */
  public static byte[] of(ByteBuffer buffer) {
    if (buffer == null) {
      return null;
    }
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(buffer.position(), bytes);
    return bytes;
  }

  /** The text that they are in UTF-8; null if they are none. */
  public static String text(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /** Text in quotes, or {@code 0x…} where the bytes are no printable text. */
  public static String readable(byte[] bytes) {
    String text = text(bytes);
    boolean printable =
        text != null && text.chars().noneMatch(c -> Character.isISOControl(c) && c != '\t');
    return printable ? "'" + text + "'" : "0x" + HexFormat.of().formatHex(bytes);
  }

  /** Text where the bytes are UTF-8, else {@code …Base64}, so that nothing is lost. */
  public static void putJson(Map<String, Object> json, String name, byte[] bytes) {
    String text = bytes == null ? null : text(bytes);
    if (bytes == null || text != null) {
      json.put(name, text);
    } else {
      json.put(name + "Base64", Base64.getEncoder().encodeToString(bytes));
    }
  }
}
