package io.millrace.log;

import io.millrace.record.RecordBatch;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Reads whole batches of a segment, one after the other, and checks their CRC. The window grows for
 * a batch that does not fit, and shrinks again. Blocks. One instance serves any number of segments.
 *
 * <p>Owner: log directory worker.
 */
final class SegmentBatches {
  /** The JDK copies through a direct buffer of the size of the read, which it keeps. */
  private static final int LARGEST_READ = 1 << 20;

  private final int windowBytes;
  private final CleaningMeter meter;
  private ByteBuffer window;
  private FileChannel channel;
  private Object name;
  private long end;
  private long windowStart;
  private long position;
  private long next;

  /** Reads through a window of this size at least. */
  SegmentBatches(int windowBytes, CleaningMeter meter) {
    this.windowBytes = windowBytes;
    this.meter = meter;
    window = ByteBuffer.allocate(windowBytes).limit(0);
  }

  /**
   * Starts in front of the batch at {@code from}; {@code end} is exclusive.
   *
   * @param what named in messages
   */
  void start(FileChannel from, Object what, long first, long last) {
    channel = from;
    name = what;
    next = first;
    end = last;
    windowStart = first;
    if (window.capacity() > windowBytes) {
      window = ByteBuffer.allocate(windowBytes);
    }
    window.limit(0);
  }

  /**
   * Moves to the next batch; false = there is none.
   *
   * @throws CorruptSegmentException if what is there is no whole good batch
   */
  boolean next() throws IOException {
    if (next >= end) {
      return false;
    }
    position = next;
    if (end - position < RecordBatch.HEADER_SIZE) {
      throw corrupt("an incomplete batch");
    }
    need(RecordBatch.HEADER_SIZE);
    if (!RecordBatch.isPlausible(window, at())) {
      throw corrupt("no batch of format v2");
    }
    int size = sizeInBytes();
    if (size > end - position) {
      throw corrupt("a batch of " + size + " bytes that is not all there");
    }
    need(size);
    if (!RecordBatch.isCrcValid(window, at())) {
      throw corrupt("a wrong CRC");
    }
    next = position + size;
    return true;
  }

  private CorruptSegmentException corrupt(String what) {
    return new CorruptSegmentException(name + ", position " + position + ": " + what);
  }

  /** Makes so many bytes from the current position on available. */
  private void need(int bytes) throws IOException {
    if (at() + bytes <= window.limit()) {
      return;
    }
    int kept = Math.max(0, window.limit() - at());
    ByteBuffer target = bytes > window.capacity() ? ByteBuffer.allocate(bytes) : window;
    if (kept > 0) {
      // The same array if the window is large enough: put() copes with that.
      target.clear().put(0, window, at(), kept);
    }
    int wanted = (int) Math.min(target.capacity(), end - position);
    window = target.limit(wanted).position(kept);
    windowStart = position;
    while (window.position() < wanted) {
      int to = Math.min(wanted, window.position() + LARGEST_READ);
      window.limit(to);
      if (channel.read(window, windowStart + window.position()) < 0) {
        throw new EOFException(name + " ends at " + (windowStart + window.position()));
      }
      window.limit(wanted);
    }
    window.position(0);
    meter.onRead(wanted - kept);
  }

  /** Holds the current batch, at {@link #at}; until the next move. */
  ByteBuffer buffer() {
    return window;
  }

  int at() {
    return (int) (position - windowStart);
  }

  int sizeInBytes() {
    return RecordBatch.sizeInBytes(window, at());
  }

  /** Where the current batch starts in the file. */
  long position() {
    return position;
  }
}
