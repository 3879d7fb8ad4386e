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
final class FieldWriter {
  private byte[] bytes = new byte[64];
  private int size;

  void u8(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
  }

  /** Unsigned, 7 bits a byte, least significant first; a negative value takes ten bytes. */
  void varint(long value) {
    reserve(10);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  /** A number that is at least -1: one more of it, as varint. */
  void orMinusOne(long value) {
    varint(value + 1);
  }

  void i64(long value) {
    reserve(8);
    ByteBuffer.wrap(bytes, size, 8).putLong(value);
    size += 8;
  }

  /** Length plus one as varint, 0 = null; then UTF-8. */
  void string(String value) {
    if (value == null) {
      varint(0);
      return;
    }
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    varint(utf8.length + 1L);
    raw(utf8);
  }

  /** Count plus one as varint, 0 = null; then each as varint. */
  void nodeIds(List<Integer> ids) {
    if (ids == null) {
      varint(0);
      return;
    }
    varint(ids.size() + 1L);
    for (int id : ids) {
      varint(id);
    }
  }

  void raw(byte[] value) {
    reserve(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  private void reserve(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
    }
  }
}
