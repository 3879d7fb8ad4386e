package io.millrace.metadata;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Writes the field types of {@link MetadataCodec} into memory that grows.
 *
 * <p>Owner: whoever made it.
 */
public final class FieldWriter {
  private byte[] bytes = new byte[64];
  private int size;

  public void u8(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
  }

  /** Unsigned, 7 bits a byte, least significant first; a negative value takes ten bytes. */
  public void varint(long value) {
    reserve(10);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  /** A number that is at least -1: one more of it, as varint. */
  public void orMinusOne(long value) {
    varint(value + 1);
  }

  public void i64(long value) {
    reserve(8);
    ByteBuffer.wrap(bytes, size, 8).putLong(value);
    size += 8;
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
    reserve(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
  }

  public void raw(ByteBuffer value) {
    int length = value.remaining();
    reserve(length);
    value.get(value.position(), bytes, size, length);
    size += length;
  }

  public byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  private void reserve(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
    }
  }
}
