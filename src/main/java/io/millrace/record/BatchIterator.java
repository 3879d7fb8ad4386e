package io.millrace.record;

import java.nio.ByteBuffer;

/**
 * Walks over the whole batches in a buffer, without copying them or checking more of them than
 * where they end. One instance serves any number of buffers:
 *
 * <pre>
 *   batches.reset(buffer);
 *   while (batches.next()) {
 *     RecordBatch.lastOffset(buffer, batches.position());
 *   }
 *   batches.stop(); // why it ended
 * </pre>
 *
 * <p>Owner: whoever made it.
 */
public final class BatchIterator {
  /** Why a walk ended. */
  public enum Stop {
    /** It has not ended. */
    NONE,
    /** The last batch ends where the buffer does. */
    END,
    /** The buffer ends within a batch. */
    INCOMPLETE,
    /** What follows cannot be a batch of format v2. */
    CORRUPT
  }

  private ByteBuffer buffer;
  private int position;
  private int size;
  private int next;
  private int limit;
  private Stop stop = Stop.END;

  public BatchIterator() {}

  /** Starts at the buffer's position; {@link #reset} is done. */
  public BatchIterator(ByteBuffer buffer) {
    reset(buffer);
  }

  /** Starts anew, from the buffer's position to its limit, which are not moved. */
  public void reset(ByteBuffer buffer) {
    reset(buffer, buffer.position(), buffer.limit());
  }

  /** Starts anew, from {@code from} to {@code to} (exclusive), absolute. */
  public void reset(ByteBuffer buffer, int from, int to) {
    this.buffer = buffer;
    this.position = from;
    this.size = 0;
    this.next = from;
    this.limit = to;
    this.stop = Stop.NONE;
  }

  /** Moves to the next batch, if all of it is there. */
  public boolean next() {
    if (stop != Stop.NONE) {
      return false;
    }
    int remaining = limit - next;
    if (remaining == 0) {
      return end(Stop.END);
    }
    if (remaining < RecordBatch.MAGIC_PREFIX) {
      return end(Stop.INCOMPLETE);
    }
    if (!RecordBatch.isPlausible(buffer, next)) {
      return end(Stop.CORRUPT);
    }
    int batchSize = RecordBatch.sizeInBytes(buffer, next);
    if (batchSize > remaining) {
      return end(Stop.INCOMPLETE);
    }
    position = next;
    size = batchSize;
    next += batchSize;
    return true;
  }

  private boolean end(Stop why) {
    stop = why;
    return false;
  }

  /** Absolute index of the current batch's first byte. */
  public int position() {
    return position;
  }

  /** Bytes of the current batch. */
  public int sizeInBytes() {
    return size;
  }

  /** Absolute index of the first byte after the whole batches seen so far. */
  public int end() {
    return next;
  }

  /** Why {@link #next()} was false. */
  public Stop stop() {
    return stop;
  }
}
