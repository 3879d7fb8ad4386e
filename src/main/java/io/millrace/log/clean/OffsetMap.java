package io.millrace.log.clean;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;

/**
 * The last offset of each key in the dirty part of a log, in memory that is bounded from the start:
 * of a key only its hash of 16 bytes is kept, with 8 bytes for the offset.
 *
 * <p>Open addressing with linear probing. The map takes new keys up to its limit; then it is full,
 * and what lies behind is for another pass. It is used until it gives its memory back.
 *
 * <p>Owner: log directory worker.
 */
public final class OffsetMap {
  /** Of each slot. */
  static final int WORDS = 3;

  /** Memory of one slot. */
  static final int SLOT_BYTES = WORDS * Long.BYTES;

  private static final int PIECE_BITS = 15;

  /** Slots in each piece of the memory. */
  static final int PIECE_SLOTS = 1 << PIECE_BITS;

  /** Records of a batch that are looked up ahead; the others take longer. */
  private static final int MOST_AHEAD = 4096;

  private static final int MOST_SLOTS = Integer.MAX_VALUE - PIECE_SLOTS;

  /**
   * Of each slot, side by side so that a look takes one line of the processor's cache: both halves
   * of the hash, and the offset plus one, 0 = the slot is free.
   */
  private final LongBuffer[] pieces;

  private final int slots;
  private final int limit;
  private final KeyHash hash;
  private int size;

  /** Hashes and offsets of the records that come next, the first {@code count} of each. */
  private final long[] nextLow = new long[MOST_AHEAD];

  private final long[] nextHigh = new long[MOST_AHEAD];
  private final long[] nextOffset = new long[MOST_AHEAD];
  private int count;

  /** Of them, the one that is asked about next. */
  private int cursor;

  /** The hash that was looked for last. */
  private long foundLow;

  private long foundHigh;

  /** What {@link #fetch} has read, so that it cannot be left out. */
  private long fetched;

  /**
   * A map of at most this memory, and at least one piece of it.
   *
   * @param memory where it is taken from
   * @param memoryBytes most bytes of all slots; at least two slots are made
   * @param loadFactor most share of the slots that is taken, above 0 and at most 1
   * @param mostKeys so many keys can come; the map is made no larger than they need
   * @param secret random number that nobody knows who writes to the log
   * @param secondSecret another one
   */
  public OffsetMap(
      TableMemory memory,
      long memoryBytes,
      double loadFactor,
      long mostKeys,
      long secret,
      long secondSecret) {
    if (!(loadFactor > 0 && loadFactor <= 1)) {
      throw new IllegalArgumentException("load factor " + loadFactor);
    }
    hash = new KeyHash(secret, secondSecret);
    double wanted = Math.ceil(Math.max(1, mostKeys) / loadFactor) + 1;
    long most = Math.min(Math.min(memoryBytes / SLOT_BYTES, (long) wanted), MOST_SLOTS);
    slots = (int) Math.max(2, most);
    pieces = memory.take((slots + PIECE_SLOTS - 1) >>> PIECE_BITS);
    // A free slot must remain, where a search for an unknown key ends.
    limit = (int) Math.max(1, Math.min(slots - 1L, (long) (slots * loadFactor)));
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
    int slot = find(key, offset);
    LongBuffer piece = pieces[slot >>> PIECE_BITS];
    int at = at(slot);
    if (piece.get(at + 2) == 0) {
      if (size == limit) {
        return false;
      }
      piece.put(at, foundLow);
      piece.put(at + 1, foundHigh);
      size++;
    }
    piece.put(at + 2, offset + 1);
    return true;
  }

  /**
   * The offset noted last for the key; -1 = none.
   *
   * @param offset of the record that has it
   */
  public long get(ByteBuffer key, long offset) {
    return offsetPlusOne(find(key, offset)) - 1;
  }

  /**
   * Gives its memory back; nothing may be put or asked any more.
   *
   * @param mostBytes no more of it is kept for others
   */
  public void release(TableMemory memory, long mostBytes) {
    memory.give(pieces, mostBytes);
  }

  /** Begins a batch, whose records may be announced by {@link #ahead}. */
  public void beginBatch() {
    count = 0;
    cursor = 0;
  }

  /** Announces that the key of this record will be asked about, or put. In the order of offsets. */
  public void ahead(ByteBuffer key, long offset) {
    if (count < MOST_AHEAD) {
      hash.hash(key);
      nextLow[count] = hash.low();
      nextHigh[count] = hash.high();
      nextOffset[count] = offset;
      count++;
    }
  }

  /**
   * Brings the slots of all announced keys near: the table is larger than the processor's caches,
   * and waiting for one slot after the other is most of what a look costs.
   */
  public void fetch() {
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += offsetPlusOne(first(nextLow[i]));
    }
    fetched = sum;
  }

  /** What {@link #fetch} has come by; means nothing. */
  long fetched() {
    return fetched;
  }

  private int first(long low) {
    return (int) (((low >>> 32) * slots) >>> 32);
  }

  /** Where in its piece the words of a slot are. */
  private static int at(int slot) {
    return (slot & PIECE_SLOTS - 1) * WORDS;
  }

  private long offsetPlusOne(int slot) {
    return pieces[slot >>> PIECE_BITS].get(at(slot) + 2);
  }

  /** The slot of the key, or the free one where it belongs. */
  private int find(ByteBuffer key, long offset) {
    while (cursor < count && nextOffset[cursor] < offset) {
      cursor++;
    }
    long low;
    long high;
    if (cursor < count && nextOffset[cursor] == offset) {
      low = nextLow[cursor];
      high = nextHigh[cursor];
    } else {
      hash.hash(key);
      low = hash.low();
      high = hash.high();
    }
    foundLow = low;
    foundHigh = high;
    int slot = first(low);
    while (true) {
      LongBuffer piece = pieces[slot >>> PIECE_BITS];
      int at = at(slot);
      if (piece.get(at + 2) == 0 || (piece.get(at) == low && piece.get(at + 1) == high)) {
        return slot;
      }
      slot++;
      if (slot == slots) {
        slot = 0;
      }
    }
  }
}
