package io.millrace.api.peer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.types.RawTaggedField;

/**
 * What nodes add to Kafka's messages when they talk to each other, as tagged fields (KIP-482) with
 * numbers that Kafka does not use. Who does not know a tag skips it.
 *
 * <pre>
 *  tag    of          bytes
 *  1000   responses   int64: offset of the controller's image when it answered
 *  1001   responses   UTF-8: why a request was refused, where the response has no text
 *  1002   BrokerRegistration   int8: bits 0 = logs may be cut, 1 = broker, 2 = voter
 *  1003   AlterPartition       how far logs reach, see LogEndTag; it then changes no ISR
 *  1004   ListTransactions     which transactions partitions have in progress, see OpenPartsTag;
 *                              it then lists nothing
 * </pre>
 *
 * <p>Owner: any thread.
 */
final class PeerTags {
  static final int METADATA_OFFSET = 1000;
  static final int REASON = 1001;
  static final int REGISTRATION_FLAGS = 1002;
  static final int LOG_ENDS = 1003;
  static final int OPEN_PARTS = 1004;

  private PeerTags() {}

  static void putLong(Message message, int tag, long value) {
    put(message, tag, ByteBuffer.allocate(Long.BYTES).putLong(value).array());
  }

  static void putByte(Message message, int tag, int value) {
    put(message, tag, new byte[] {(byte) value});
  }

  static void putText(Message message, int tag, String text) {
    if (text != null) {
      put(message, tag, text.getBytes(StandardCharsets.UTF_8));
    }
  }

  static void putBytes(Message message, int tag, byte[] bytes) {
    put(message, tag, bytes);
  }

  private static void put(Message message, int tag, byte[] bytes) {
    List<RawTaggedField> fields = message.unknownTaggedFields();
    fields.removeIf(field -> field.tag() == tag);
    fields.add(new RawTaggedField(tag, bytes));
    // The encoder wants them in this order.
    fields.sort(Comparator.comparingInt(RawTaggedField::tag));
  }

  /** {@code absent} = the message has no such tag, or not one of this form. */
  static long longOr(Message message, int tag, long absent) {
    byte[] bytes = bytes(message, tag);
    return bytes == null || bytes.length != Long.BYTES ? absent : ByteBuffer.wrap(bytes).getLong();
  }

  /** {@code absent} = the message has no such tag, or not one of this form. */
  static int byteOr(Message message, int tag, int absent) {
    byte[] bytes = bytes(message, tag);
    return bytes == null || bytes.length != 1 ? absent : bytes[0];
  }

  /** null = the message has no such tag. */
  static String text(Message message, int tag) {
    byte[] bytes = bytes(message, tag);
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  /** null = the message has no such tag. */
  static byte[] bytes(Message message, int tag) {
    for (RawTaggedField field : message.unknownTaggedFields()) {
      if (field.tag() == tag) {
        return field.data();
      }
    }
    return null;
  }
}
