package io.millrace.log;

import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;

/**
 * Takes over what a leader has sent: checks that it is batches that continue the log, notes epochs
 * and producers, and queues them for the writer.
 *
 * <p>Owner: partition loop.
 */
final class ReplicatedBatches {
  private final LogState log;
  private final LogWriter writer;

  ReplicatedBatches(LogState log, LogWriter writer) {
    this.log = log;
    this.writer = writer;
  }

  /**
   * Queues the batches of a buffer, up to the first one that is not good.
   *
   * @param released called once, when the last of them is written or given up
   * @throws ReplicationException if there was one that is not good
   */
  void queue(ByteBuffer batches, Runnable released) {
    int end = batches.position();
    int lastAt = -1;
    long nextOffset = log.nextOffset;
    String problem = null;
    while (end < batches.limit() && problem == null) {
      problem = problemOf(batches, end, nextOffset);
      if (problem == null) {
        lastAt = end;
        nextOffset = RecordBatch.nextOffset(batches, end);
        end += RecordBatch.sizeInBytes(batches, end);
      }
    }
    if (lastAt < 0) {
      released.run();
    }
    for (int at = batches.position(); at < end; at += RecordBatch.sizeInBytes(batches, at)) {
      take(batches, at, at == lastAt ? released : ReplicatedBatches::nothing);
    }
    if (problem != null) {
      throw new ReplicationException(log.id + " at offset " + nextOffset + ": " + problem);
    }
  }

  private static void nothing() {
    // The memory is given back with the last batch.
  }

  /** null = there is none. */
  private static String problemOf(ByteBuffer batches, int at, long nextOffset) {
    int left = batches.limit() - at;
    if (left < RecordBatch.HEADER_SIZE
        || !RecordBatch.isPlausible(batches, at)
        || RecordBatch.sizeInBytes(batches, at) > left) {
      return "the leader sent " + left + " bytes that are no whole batch";
    }
    if (RecordBatch.baseOffset(batches, at) < nextOffset
        || RecordBatch.lastOffset(batches, at) < RecordBatch.baseOffset(batches, at)) {
      return "the leader sent a batch with the offsets "
          + RecordBatch.baseOffset(batches, at)
          + " to "
          + RecordBatch.lastOffset(batches, at);
    }
    if (!RecordBatch.isCrcValid(batches, at)) {
      return "the leader sent a batch whose CRC is wrong";
    }
    return null;
  }

  private void take(ByteBuffer batches, int at, Runnable released) {
    ByteBuffer batch = batches.slice(at, RecordBatch.sizeInBytes(batches, at));
    log.onAssigned(batch);
    writer.enqueue(QueuedBatch.of(batch, released));
  }
}
