package io.millrace.log.clean;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.ArrayDeque;
import java.util.List;

/**
 * Memory for the tables of keys, outside the heap: a table of 128 MiB inside would make the heap
 * grow by as much at once, and every thread of the node wait while collections move what lives to
 * pages that nobody has touched before.
 *
 * <p>It is lent in pieces. No call of the virtual machine clears more than one at a time, since
 * threads cannot be stopped for a collection meanwhile. What was given back is kept for the next
 * table: getting new memory from the system costs more than clearing old.
 *
 * <p>Owner: any thread.
 */
public final class TableMemory {
  /** Of each piece; a multiple of {@link OffsetMap#WORDS}. */
  static final int PIECE_WORDS = OffsetMap.PIECE_SLOTS * OffsetMap.WORDS;

  /** Bytes of each piece. */
  static final int PIECE_BYTES = PIECE_WORDS * Long.BYTES;

  /** Not lent now. Guarded by this. */
  private final ArrayDeque<LongBuffer> free = new ArrayDeque<>();

  /**
   * Pieces of zeros.
   *
   * @param count how many
   */
  LongBuffer[] take(int count) {
    LongBuffer[] pieces = new LongBuffer[count];
    for (int i = 0; i < count; i++) {
      LongBuffer used = poll();
      if (used == null) {
        pieces[i] =
            ByteBuffer.allocateDirect(PIECE_BYTES).order(ByteOrder.nativeOrder()).asLongBuffer();
      } else {
        clear(used);
        pieces[i] = used;
      }
    }
    return pieces;
  }

  private static void clear(LongBuffer piece) {
    for (int i = 0; i < PIECE_WORDS; i++) {
      piece.put(i, 0);
    }
  }

  private synchronized LongBuffer poll() {
    return free.poll();
  }

  /**
   * Takes pieces back, which nobody uses any more.
   *
   * @param mostBytes no more is kept than this, or what one piece takes
   */
  synchronized void give(LongBuffer[] pieces, long mostBytes) {
    free.addAll(List.of(pieces));
    while (free.size() > 1 && freeBytes() > mostBytes) {
      free.poll();
    }
  }

  /** Bytes that are kept and not lent now. */
  synchronized long freeBytes() {
    return (long) free.size() * PIECE_BYTES;
  }
}
