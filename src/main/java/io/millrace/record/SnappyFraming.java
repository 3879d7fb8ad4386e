package io.millrace.record;

import java.nio.ByteBuffer;

/**
 * Looks over the lengths in snappy data before a decompressor believes them. The library allocates
 * what they say, up to 2 GiB for a few bytes, and recurses once for each stream header that follows
 * another.
 *
 * <pre>
 *  framed (snappy-java): magic 0x82 "SNAPPY" 0 | version int32 | compatible int32
 *                        | { length int32 | block | or another magic header }*
 *  not framed          : one block
 *  block               : uncompressed length, unsigned varint | elements
 * </pre>
 *
 * <p>Owner: immutable.
 */
final class SnappyFraming {
  private static final long MAGIC = 0x82534e4150505900L;
  private static final int MAGIC_HEAD = (int) (MAGIC >>> 32);
  private static final int HEADER_SIZE = 16;

  /** The densest element copies 64 bytes for 3; anything above is a lie. */
  private static final int MAX_RATIO = 22;

  private static final int MAX_HEADERS_IN_A_ROW = 8;

  private SnappyFraming() {}

  /** Whether every length in {@code [from, to)} is possible. Truncation is left to be found. */
  static boolean isPlausible(ByteBuffer buffer, int from, int to) {
    if (to - from < HEADER_SIZE || buffer.getLong(from) != MAGIC) {
      return isBlockPlausible(buffer, from, to);
    }
    int at = from + HEADER_SIZE;
    int headers = 1;
    while (to - at >= Integer.BYTES) {
      int length = buffer.getInt(at);
      if (length == MAGIC_HEAD) {
        at += HEADER_SIZE;
        if (++headers > MAX_HEADERS_IN_A_ROW) {
          return false;
        }
        continue;
      }
      headers = 0;
      at += Integer.BYTES;
      if (length < 0 || length > to - at || !isBlockPlausible(buffer, at, at + length)) {
        return false;
      }
      at += length;
    }
    return true;
  }

  private static boolean isBlockPlausible(ByteBuffer buffer, int from, int to) {
    long length = 0;
    int at = from;
    for (int shift = 0; shift <= 28; shift += 7) {
      if (at >= to) {
        return false;
      }
      byte b = buffer.get(at++);
      length |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return length <= (long) (to - at) * MAX_RATIO;
      }
    }
    return false;
  }
}
