package io.millrace.log;

import io.millrace.record.RecordBatch;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32C;

/**
 * Reads a segment's file whose content nobody vouches for, batch by batch, and says how far it is
 * good: whole batches of format v2, right CRC, growing offsets. Blocks.
 *
 * <p>Owner: log directory worker.
 */
final class RecoveryScan {
  /** Takes good batches. */
  interface BatchTaker {
    /**
     * The batch's header lies in {@code buffer} from {@code at} on, and behind it all the rest
     * unless the batch is larger than 1 MiB; for the time of the call.
     */
    void take(ByteBuffer buffer, int at) throws IOException;
  }

  private static final int WINDOW = 1 << 20;

  private final FileChannel channel;
  private final long size;
  private final ByteBuffer window;
  private long windowStart;
  private String trouble;

  RecoveryScan(FileChannel channel, long size) {
    this.channel = channel;
    this.size = size;
    this.window = ByteBuffer.allocate((int) Math.min(WINDOW, size));
    window.limit(0);
  }

  /** Why the scan ended before the end of the file; null = it did not. */
  String trouble() {
    return trouble;
  }

  /**
   * Reads from the start of the file to the first bad batch or the end.
   *
   * @param baseOffset of the segment
   * @return where the good part of the file ends
   */
  long run(long baseOffset, BatchTaker taker) throws IOException {
    long at = 0;
    long next = baseOffset;
    while (at < size) {
      if (size - at < RecordBatch.HEADER_SIZE) {
        return stop(at, "an incomplete header");
      }
      int index = need(at, RecordBatch.HEADER_SIZE);
      if (!RecordBatch.isPlausible(window, index)) {
        return stop(at, "no batch of format v2");
      }
      int bytes = RecordBatch.sizeInBytes(window, index);
      if (bytes > size - at) {
        return stop(at, "a batch of " + bytes + " bytes that is not all there");
      }
      long base = RecordBatch.baseOffset(window, index);
      long last = RecordBatch.lastOffset(window, index);
      if (base < next || last < base || !OffsetIndex.fits(baseOffset, last)) {
        return stop(at, "offsets " + base + " to " + last + " where " + next + " was expected");
      }
      if (!checkAndTake(at, bytes, taker)) {
        return stop(at, "a wrong CRC");
      }
      next = last + 1;
      at += bytes;
    }
    return at;
  }

  private boolean checkAndTake(long at, int bytes, BatchTaker taker) throws IOException {
    if (bytes <= WINDOW) {
      int index = need(at, bytes);
      if (!RecordBatch.isCrcValid(window, index)) {
        return false;
      }
      taker.take(window, index);
      return true;
    }
    // The length may be garbage, so there is no memory for the whole batch at once.
    ByteBuffer header = ByteBuffer.allocate(RecordBatch.HEADER_SIZE);
    header.put(0, window, need(at, RecordBatch.HEADER_SIZE), RecordBatch.HEADER_SIZE);
    CRC32C crc = new CRC32C();
    long from = at + RecordBatch.ATTRIBUTES_AT;
    long end = at + bytes;
    while (from < end) {
      int part = (int) Math.min(WINDOW, end - from);
      crc.update(window.slice(need(from, part), part));
      from += part;
    }
    if (crc.getValue() != RecordBatch.crc(header, 0)) {
      return false;
    }
    taker.take(header, 0);
    return true;
  }

  private long stop(long at, String why) {
    trouble = why;
    return at;
  }

  /** Index in the window of this many bytes from the position on. */
  private int need(long position, int bytes) throws IOException {
    long offset = position - windowStart;
    if (offset + bytes > window.limit()) {
      window.clear();
      window.limit((int) Math.min(window.capacity(), size - position));
      while (window.hasRemaining()) {
        if (channel.read(window, position + window.position()) < 0) {
          throw new EOFException("The file ends at " + (position + window.position()));
        }
      }
      window.flip();
      windowStart = position;
      offset = 0;
    }
    return (int) offset;
  }
}
