package io.millrace.partition;

import io.millrace.record.Records;
import java.nio.ByteBuffer;

/**
 * A batch in memory outside of the heap, as it comes from a socket.
 *
 * <p>Owner: as {@link Records}.
 */
final class DirectRecords implements Records {
  private final ByteBuffer batch;

  /** How often it was given back. */
  int released;

  DirectRecords(ByteBuffer heap) {
    batch = ByteBuffer.allocateDirect(heap.remaining()).put(heap).flip();
  }

  @Override
  public ByteBuffer buffer() {
    return batch;
  }

  @Override
  public int sizeInBytes() {
    return batch.remaining();
  }

  @Override
  public void release() {
    released++;
  }
}
