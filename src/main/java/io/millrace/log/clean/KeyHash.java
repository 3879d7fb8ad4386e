package io.millrace.log.clean;

import java.nio.ByteBuffer;

/**
 * SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, 2012): keyed, so that nobody who
 * does not know the secret can find two keys of the same hash and so make compaction lose one.
 *
 * <p>Owner: its {@link OffsetMap}.
 */
final class KeyHash {
  private final long k0;
  private final long k1;
  private long v0;
  private long v1;
  private long v2;
  private long v3;
  private long low;
  private long high;

  /** A hash with this secret. */
  KeyHash(long k0, long k1) {
    this.k0 = k0;
    this.k1 = k1;
  }

  /** Hashes from position to limit of a big endian buffer, which is not moved. */
  void hash(ByteBuffer key) {
    v0 = k0 ^ 0x736f6d6570736575L;
    v1 = k1 ^ 0x646f72616e646f6dL ^ 0xee;
    v2 = k0 ^ 0x6c7967656e657261L;
    v3 = k1 ^ 0x7465646279746573L;
    int at = key.position();
    int end = key.limit();
    long last = (long) (end - at) << 56;
    for (; end - at >= Long.BYTES; at += Long.BYTES) {
      compress(Long.reverseBytes(key.getLong(at)));
    }
    for (int shift = 0; at < end; at++, shift += 8) {
      last |= (key.get(at) & 0xffL) << shift;
    }
    compress(last);
    v2 ^= 0xee;
    rounds(4);
    low = v0 ^ v1 ^ v2 ^ v3;
    v1 ^= 0xdd;
    rounds(4);
    high = v0 ^ v1 ^ v2 ^ v3;
  }

  /** First half of the last hash. */
  long low() {
    return low;
  }

  /** Second half of the last hash. */
  long high() {
    return high;
  }

  private void compress(long word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }

  private void rounds(int count) {
    for (int i = 0; i < count; i++) {
      v0 += v1;
      v1 = Long.rotateLeft(v1, 13) ^ v0;
      v0 = Long.rotateLeft(v0, 32);
      v2 += v3;
      v3 = Long.rotateLeft(v3, 16) ^ v2;
      v0 += v3;
      v3 = Long.rotateLeft(v3, 21) ^ v0;
      v2 += v1;
      v1 = Long.rotateLeft(v1, 17) ^ v2;
      v2 = Long.rotateLeft(v2, 32);
    }
  }
}
