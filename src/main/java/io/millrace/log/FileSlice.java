package io.millrace.log;

import java.nio.channels.FileChannel;

/**
 * A range of a segment's file, leased: the file stays open and on disk until {@link #release}, even
 * when the segment is deleted meanwhile. No byte has been touched.
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
   * Whether the range is surely or probably in the page cache. When false, {@link #warm} must have
   * completed before the range is sent from an event loop.
   */
  boolean resident();

  /**
   * Brings the range into the page cache on the log directory's worker; {@code done} is called from
   * there, with null or the reason of the failure.
   */
  void warm(java.util.function.Consumer<java.io.IOException> done);

  /**
   * Tells how long a loop was kept from other work by sending it. What takes as long as a disk was
   * not in the page cache, and then other ranges are warmed first from now on. From any thread,
   * also after {@link #release}.
   */
  void onSent(long nanos);

  /** Ends the lease; exactly once, from any thread. */
  void release();
}
