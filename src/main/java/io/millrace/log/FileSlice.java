package io.millrace.log;

import java.nio.channels.FileChannel;

/**
 * A range of a segment's file, leased: the file stays open and on disk until {@link #release}, even
 * when the segment is deleted meanwhile. The range is surely or probably in the page cache, so it
 * may be sent from an event loop: the log warms what is not before it makes a slice of it.
 *
 * <p>Owner: whoever holds it; handed over between loops, never shared.
 */
public interface FileSlice {
  /** The segment's open channel; shared, so only positional reads and transfers. */
  FileChannel channel();

  /** First byte in the file. */
  long position();

  /** Bytes; at least 1. */
  int length();

  /**
   * Tells how long a loop was kept from other work by sending it. What takes as long as a disk was
   * not in the page cache, and then other ranges are warmed first from now on. From any thread,
   * also after {@link #release}.
   */
  void onSent(long nanos);

  /** Ends the lease; exactly once, from any thread. */
  void release();
}
