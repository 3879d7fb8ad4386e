package io.millrace.metadata;

import io.millrace.model.TopicId;
import io.millrace.model.VoterId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Reads what {@link FieldWriter} wrote; every length is checked before memory is taken for it.
 *
 * <p>Owner: whoever made it.
 */
public final class FieldReader {
  private final ByteBuffer in;

  public FieldReader(ByteBuffer in) {
    this.in = in;
  }

  public int u8() {
    need(1);
    return in.get() & 0xFF;
  }

  public long varint() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      int next = u8();
      value |= (next & 0x7FL) << shift;
      if ((next & 0x80) == 0) {
        return value;
      }
    }
    throw new MetadataFormatException("A number has more than ten bytes");
  }

  /** A varint that must fit a non-negative int. */
  public int count() {
    long value = varint();
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw new MetadataFormatException("The number " + value + " is out of range");
    }
    return (int) value;
  }

  public int intOrMinusOne() {
    long value = varint() - 1;
    if (value < -1 || value > Integer.MAX_VALUE) {
      throw new MetadataFormatException("The number " + value + " is out of range");
    }
    return (int) value;
  }

  private long i64() {
    need(8);
    return in.getLong();
  }

  /** A number with a fraction, in 8 bytes. */
  public double f64() {
    return Double.longBitsToDouble(i64());
  }

  public UUID uuid() {
    return new UUID(i64(), i64());
  }

  public TopicId topicId() {
    return new TopicId(i64(), i64());
  }

  public VoterId voter() {
    return new VoterId(count(), uuid());
  }

  public String nullableString() {
    int length = intOrMinusOne();
    if (length < 0) {
      return null;
    }
    byte[] utf8 = new byte[need(length)];
    in.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  public String string() {
    String value = nullableString();
    if (value == null) {
      throw new MetadataFormatException("A text that must be there is null");
    }
    return value;
  }

  public List<Integer> nullableNodeIds() {
    int count = intOrMinusOne();
    if (count < 0) {
      return null;
    }
    need(count); // each takes at least one byte
    List<Integer> ids = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      ids.add(count());
    }
    return ids;
  }

  public List<Integer> nodeIds() {
    List<Integer> ids = nullableNodeIds();
    if (ids == null) {
      throw new MetadataFormatException("A list of node ids that must be there is null");
    }
    return ids;
  }

  /** The next {@code length} bytes as a reader of their own. */
  public FieldReader slice(int length) {
    return new FieldReader(bytes(length));
  }

  /** The next {@code length} bytes, where they are. */
  public ByteBuffer bytes(int length) {
    need(length);
    ByteBuffer part = in.slice(in.position(), length);
    in.position(in.position() + length);
    return part;
  }

  public int remaining() {
    return in.remaining();
  }

  /** Checks that so many bytes are left, and returns their number. */
  public int need(int bytes) {
    if (in.remaining() < bytes) {
      throw new MetadataFormatException(
          "The record ends too early: " + bytes + " bytes wanted, " + in.remaining() + " left");
    }
    return bytes;
  }
}
