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
  private long low;
  private long high;

  /** A hash with this secret. */
  KeyHash(long k0, long k1) {
    this.k0 = k0;
    this.k1 = k1;
  }

  /** Hashes from position to limit of a big endian buffer, which is not moved. */
  void hash(ByteBuffer key) {
    // Local, so that they stay in registers.
    long v0 = k0 ^ 0x736f6d6570736575L;
    long v1 = k1 ^ 0x646f72616e646f6dL ^ 0xee;
    long v2 = k0 ^ 0x6c7967656e657261L;
    long v3 = k1 ^ 0x7465646279746573L;
    int at = key.position();
    int end = key.limit();
    int whole = (end - at) >>> 3;
    int finish = whole + 5;
    long last = (long) (end - at) << 56;
    for (int i = end - 1; i >= at + (whole << 3); i--) {
      last |= (key.get(i) & 0xffL) << (((i - at) & 7) << 3);
    }
    // Two rounds for each word, the last one being the rest and the length; then twice four more.
    for (int i = 0; i < finish; i++, at += Long.BYTES) {
      long word = 0;
      if (i <= whole) {
        word = i < whole ? Long.reverseBytes(key.getLong(at)) : last;
        v3 ^= word;
      } else if (i == whole + 1) {
        v2 ^= 0xee;
      } else if (i == whole + 3) {
        low = v0 ^ v1 ^ v2 ^ v3;
        v1 ^= 0xdd;
      }
      for (int round = 0; round < 2; round++) {
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
      v0 ^= word;
    }
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
}
