package io.millrace.model;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.UUID;

/**
 * Identity of a topic for as long as it exists (KIP-516). A topic that is deleted and created again
 * under the same name has another id. Its text form is Kafka's: 22 characters of unpadded URL-safe
 * base64.
 *
 * <p>Owner: immutable.
 */
public record TopicId(long mostSignificantBits, long leastSignificantBits) {
  /** "No id": what clients send that know the topic by its name only. */
  public static final TopicId ZERO = new TopicId(0, 0);

  /**
   * A new random id whose text form does not start with a dash, so that it can be a command line
   * argument.
   */
  public static TopicId random() {
    while (true) {
      UUID uuid = UUID.randomUUID();
      TopicId id = new TopicId(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits());
      if (!id.toString().startsWith("-")) {
        return id;
      }
    }
  }

  /**
   * Parses the text form.
   *
   * @throws IllegalArgumentException if {@code text} is not 16 bytes in URL-safe base64
   */
  public static TopicId parse(String text) {
    byte[] bytes = Base64.getUrlDecoder().decode(text);
    if (bytes.length != 16) {
      throw new IllegalArgumentException(
          "Topic id '" + text + "' has " + bytes.length + " bytes, not 16");
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new TopicId(buffer.getLong(), buffer.getLong());
  }

  public boolean isZero() {
    return mostSignificantBits == 0 && leastSignificantBits == 0;
  }

  @Override
  public String toString() {
    ByteBuffer buffer = ByteBuffer.allocate(16);
    buffer.putLong(mostSignificantBits).putLong(leastSignificantBits);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(buffer.array());
  }
}
