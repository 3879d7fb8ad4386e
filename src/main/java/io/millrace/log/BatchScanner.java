package io.millrace.log;

import io.millrace.record.RecordBatch;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Walks over the batch headers in a range of a segment's file that is known to hold whole, valid
 * batches. Reads little more than the headers. Blocks.
 *
 * <p>Owner: log directory worker.
 */
final class BatchScanner {
  private static final int SMALLEST_WINDOW = 256;
  private static final int LARGEST_WINDOW = 4096;

  private final FileChannel channel;
  private final long end;
  private final ByteBuffer window = ByteBuffer.allocate(LARGEST_WINDOW);
  private long windowStart;
  private int wanted = SMALLEST_WINDOW;
  private long position;
  private long next;

  /** Starts in front of the batch at {@code from}; {@code end} is exclusive. */
  BatchScanner(FileChannel channel, long from, long end) {
    this.channel = channel;
    this.end = end;
    this.next = from;
    window.limit(0);
  }

  /**
   * Moves to the next batch; false = the range is at its end.
   *
   * @throws CorruptSegmentException if what is there cannot be a batch within the range
   */
  boolean next() throws IOException {
    if (next >= end) {
      return false;
    }
    position = next;
    if (end - position < RecordBatch.HEADER_SIZE) {
      throw new CorruptSegmentException("An incomplete batch at position " + position);
    }
    long offset = position - windowStart;
    if (offset < 0 || offset + RecordBatch.HEADER_SIZE > window.limit()) {
      fill();
    }
    int at = at();
    if (!RecordBatch.isPlausible(window, at)
        || position + RecordBatch.sizeInBytes(window, at) > end) {
      throw new CorruptSegmentException("No whole batch at position " + position);
    }
    next = position + RecordBatch.sizeInBytes(window, at);
    return true;
  }

  private void fill() throws IOException {
    // Large batches need their header only; of small ones the following headers are near.
    boolean near = position - windowStart < LARGEST_WINDOW && window.limit() > 0;
    wanted = near ? Math.min(wanted * 4, LARGEST_WINDOW) : SMALLEST_WINDOW;
    window.clear();
    window.limit((int) Math.min(wanted, end - position));
    windowStart = position;
    while (window.position() < RecordBatch.HEADER_SIZE) {
      if (channel.read(window, windowStart + window.position()) < 0) {
        throw new EOFException("The file ends at " + (windowStart + window.position()));
      }
    }
    window.flip();
  }

  /** Moves to the first batch from here on that ends at or behind the offset; false = none does. */
  boolean nextUpTo(long offset) throws IOException {
    while (next()) {
      if (lastOffset() >= offset) {
        return true;
      }
    }
    return false;
  }

  /** Holds the current batch's header, at {@link #headerAt}; until the next move. */
  ByteBuffer header() {
    return window;
  }

  int headerAt() {
    return at();
  }

  private int at() {
    return (int) (position - windowStart);
  }

  /** Where the current batch starts in the file. */
  long position() {
    return position;
  }

  int sizeInBytes() {
    return RecordBatch.sizeInBytes(window, at());
  }

  long baseOffset() {
    return RecordBatch.baseOffset(window, at());
  }

  long lastOffset() {
    return RecordBatch.lastOffset(window, at());
  }

  long maxTimestamp() {
    return RecordBatch.maxTimestamp(window, at());
  }

  int leaderEpoch() {
    return RecordBatch.leaderEpoch(window, at());
  }
}
