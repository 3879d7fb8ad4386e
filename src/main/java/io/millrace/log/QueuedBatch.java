package io.millrace.log;

import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;

/**
 * A batch with assigned offsets that waits to be written.
 *
 * @param lastOffset inclusive
 * @param maxTimestamp in ms; -1 = none
 * @param released tells whose memory it is that the log does not need it any more
 *     <p>Owner: partition loop; the buffer's bytes: whoever writes.
 */
record QueuedBatch(
    ByteBuffer buffer,
    long baseOffset,
    long lastOffset,
    int sizeInBytes,
    long maxTimestamp,
    Runnable released) {
  /** A batch as its header has it; it is all that remains in the buffer. */
  static QueuedBatch of(ByteBuffer batch, Runnable released) {
    int at = batch.position();
    return new QueuedBatch(
        batch,
        RecordBatch.baseOffset(batch, at),
        RecordBatch.lastOffset(batch, at),
        batch.remaining(),
        RecordBatch.maxTimestamp(batch, at),
        released);
  }
}
