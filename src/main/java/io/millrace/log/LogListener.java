package io.millrace.log;

import java.io.IOException;

/**
 * What a log tells its owner. Every call comes on the owner's loop, never while a method of the log
 * is half done.
 *
 * <p>Owner: partition loop.
 */
public interface LogListener {
  /**
   * Everything below this offset may be read and acknowledged: it is written, and fsynced as far as
   * {@code flush.messages} demands. Grows strictly, except that a truncation sets it back.
   */
  void onPersisted(long logEndOffset);

  /**
   * The assigned appends from this offset (inclusive) on were not written: nothing of them is kept,
   * their offsets will be given out again. The log stays usable (no space left, {@code retriable})
   * or is offline.
   */
  void onAppendFailed(long fromOffset, IOException cause, boolean retriable);

  /** The log directory failed: nothing can be read or written until a restart. Called once. */
  void onOffline(IOException cause);

  /**
   * Up to where (exclusive) nothing will change any more, by truncation or by a transaction that is
   * still open: the smaller one of high watermark and last stable offset. Compaction asks before it
   * begins; it touches nothing behind.
   */
  default long stableEnd() {
    return 0;
  }

  /** The log is in another log directory of the node now. */
  default void onMoved() {}

  /** Retention, DeleteRecords or truncation moved the start of the log. */
  void onLogStartOffset(long logStartOffset);
}
