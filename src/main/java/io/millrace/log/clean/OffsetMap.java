package io.millrace.log.clean;

import java.nio.ByteBuffer;

/**
 * The last offset of each key in the dirty part of a log, in memory that is bounded from the start:
 * of a key only its hash of 16 bytes is kept, with 8 bytes for the offset.
 *
 * <p>Open addressing with linear probing. The map takes new keys up to its limit; then it is full,
 * and what lies behind is for another pass.
 *
 * <p>Owner: log directory worker.
 */
public final class OffsetMap {
  /** Memory of one slot. */
  public static final int SLOT_BYTES = 24;

  private static final int MOST_SLOTS = Integer.MAX_VALUE - 8;

  private final long[] low;
  private final long[] high;

  /** The offset plus one; 0 = the slot is free. */
  private final long[] next;

  private final int limit;
  private final KeyHash hash;
  private int size;

  /**
   * A map of at most this memory.
   *
   * @param memoryBytes most bytes of all slots; at least two slots are made
   * @param loadFactor most share of the slots that is taken, above 0 and at most 1
   * @param mostKeys so many keys can come; the map is made no larger than they need
   * @param secret random number that nobody knows who writes to the log
   * @param secondSecret another one
   */
  public OffsetMap(
      long memoryBytes, double loadFactor, long mostKeys, long secret, long secondSecret) {
    if (!(loadFactor > 0 && loadFactor <= 1)) {
      throw new IllegalArgumentException("load factor " + loadFactor);
    }
    hash = new KeyHash(secret, secondSecret);
    double wanted = Math.ceil(Math.max(1, mostKeys) / loadFactor) + 1;
    long slots = Math.min(Math.min(memoryBytes / SLOT_BYTES, (long) wanted), MOST_SLOTS);
    int count = (int) Math.max(2, slots);
    low = new long[count];
    high = new long[count];
    next = new long[count];
    // A free slot must remain, where a search for an unknown key ends.
    limit = (int) Math.max(1, Math.min(count - 1L, (long) (count * loadFactor)));
  }

  /** Keys in the map. */
  public int size() {
    return size;
  }

  /** Keys that the map can take. */
  public int limit() {
    return limit;
  }

  /**
   * Notes the offset of a key, from position to limit of the big endian buffer, in place of an
   * earlier one.
   *
   * @return false = the key is new and the map full; nothing was noted
   */
  public boolean put(ByteBuffer key, long offset) {
    int slot = find(key);
    if (next[slot] == 0) {
      if (size == limit) {
        return false;
      }
      low[slot] = hash.low();
      high[slot] = hash.high();
      size++;
    }
    next[slot] = offset + 1;
    return true;
  }

  /** The offset noted last for the key; -1 = none. */
  public long get(ByteBuffer key) {
    return next[find(key)] - 1;
  }

  /** Where the key is, or the free slot where it belongs. */
  private int find(ByteBuffer key) {
    hash.hash(key);
    long first = hash.low();
    long second = hash.high();
    int slot = (int) (((first >>> 32) * low.length) >>> 32);
    while (next[slot] != 0 && (low[slot] != first || high[slot] != second)) {
      slot++;
      if (slot == low.length) {
        slot = 0;
      }
    }
    return slot;
  }
}
