package io.millrace.metadata;

import io.millrace.model.TopicId;
import io.millrace.model.VoterId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * Writes the field types that {@link MetadataCodec} draws into memory that grows, or only counts
 * the bytes that they would take.
 *
 * <p>Owner: whoever made it.
 */
public final class FieldWriter {
  private static final int VARINT_BITS = 7;

  /** null = only counted. */
  private byte[] bytes;

  private int size;

  /** Writes. */
  public FieldWriter() {
    this(new byte[64]);
  }

  private FieldWriter(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Writes nothing, and needs no memory. */
  static FieldWriter counting() {
    return new FieldWriter(null);
  }

  public void u8(int value) {
    if (reserve(1)) {
      bytes[size] = (byte) value;
    }
    size++;
  }

  /** Unsigned, 7 bits a byte, least significant first; a negative value takes ten bytes. */
  public void varint(long value) {
    int length = varintBytes(value);
    if (reserve(length)) {
      long rest = value;
      for (int at = size; at < size + length - 1; at++) {
        bytes[at] = (byte) (rest | 0x80);
        rest >>>= VARINT_BITS;
      }
      bytes[size + length - 1] = (byte) rest;
    }
    size += length;
  }

  private static int varintBytes(long value) {
    int bits = Long.SIZE - Long.numberOfLeadingZeros(value);
    return Math.max(1, (bits + VARINT_BITS - 1) / VARINT_BITS);
  }

  /** A number that is at least -1: one more of it, as varint. */
  public void orMinusOne(long value) {
    varint(value + 1);
  }

  private void i64(long value) {
    if (reserve(Long.BYTES)) {
      ByteBuffer.wrap(bytes, size, Long.BYTES).putLong(value);
    }
    size += Long.BYTES;
  }

  /** A number with a fraction, in 8 bytes. */
  public void f64(double value) {
    i64(Double.doubleToLongBits(value));
  }

  public void uuid(UUID id) {
    i64(id.getMostSignificantBits());
    i64(id.getLeastSignificantBits());
  }

  public void topicId(TopicId id) {
    i64(id.mostSignificantBits());
    i64(id.leastSignificantBits());
  }

  /** Node id as varint, then the directory's id. */
  public void voter(VoterId voter) {
    varint(voter.nodeId());
    uuid(voter.directoryId());
  }

  /** Length plus one as varint, 0 = null; then UTF-8. */
  public void string(String value) {
    if (value == null) {
      varint(0);
      return;
    }
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    varint(utf8.length + 1L);
    raw(utf8);
  }

  /** Count plus one as varint, 0 = null; then each as varint. */
  public void nodeIds(List<Integer> ids) {
    if (ids == null) {
      varint(0);
      return;
    }
    varint(ids.size() + 1L);
    for (int id : ids) {
      varint(id);
    }
  }

  public void raw(byte[] value) {
    raw(ByteBuffer.wrap(value));
  }

  public void raw(ByteBuffer value) {
    int length = value.remaining();
    if (reserve(length)) {
      value.get(value.position(), bytes, size, length);
    }
    size += length;
  }

  /** Bytes so far. */
  int size() {
    return size;
  }

  public byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  /** Whether there is memory to write to, then for so many bytes more. */
  private boolean reserve(int more) {
    if (bytes == null) {
      return false;
    }
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
    }
    return true;
  }
}
