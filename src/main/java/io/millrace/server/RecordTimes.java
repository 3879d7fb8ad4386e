package io.millrace.server;

import io.millrace.log.FileSlice;
import io.millrace.partition.FetchAnswer;
import io.millrace.partition.FetchAsk;
import io.millrace.partition.FetchRead;
import io.millrace.partition.Partition;
import io.millrace.record.LogRecord;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordReader;
import io.millrace.record.TimestampType;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the timestamps of single records. A look-up reads one batch, like a Fetch that is not
 * answered to anybody, and decodes it on the worker.
 *
 * <p>Owner: any thread.
 */
final class RecordTimes {
  /** No record there, or nobody can tell. */
  static final long UNKNOWN = -1;

  private static final Logger LOG = LoggerFactory.getLogger(RecordTimes.class);

  /** Of larger batches the first timestamp counts for all of their records. */
  private static final int MAX_DECODED_BYTES = 1 << 20;

  private final Executor worker;

  RecordTimes(Executor worker) {
    this.worker = worker;
  }

  /**
   * The timestamp (wall time in ms) of the record at this offset or, if there is none, of the next
   * one; {@link #UNKNOWN}. Completes on any thread and never fails.
   */
  Future<Long> at(Partition partition, long offset) {
    Promise<Long> found = Promise.promise();
    Look look = new Look(partition, offset, found);
    FetchAsk oneBatch = new FetchAsk(offset, -1, -1, 1, false, true, null, 0);
    partition
        .loop()
        .run(
            () -> {
              try {
                partition.replica().read(look, oneBatch);
              } catch (RuntimeException e) {
                onFailed(partition, offset, e);
                found.tryComplete(UNKNOWN);
              }
            });
    return found.future();
  }

  private static void onFailed(Partition partition, long offset, Exception cause) {
    LOG.debug("Cannot tell the time of {} at offset {}", partition.id(), offset, cause);
  }

  private final class Look extends FetchRead {
    private final Partition partition;
    private final long offset;
    private final Promise<Long> found;

    Look(Partition partition, long offset, Promise<Long> found) {
      this.partition = partition;
      this.offset = offset;
      this.found = found;
    }

    @Override
    protected void onRead(FetchAnswer answer) {
      FileSlice slice = answer.slice();
      if (slice == null) {
        found.complete(UNKNOWN);
      } else {
        decode(slice);
      }
    }

    @Override
    protected void onFired(FetchAnswer answer) {
      // It never watches; but what it is given it must give back.
      if (answer.slice() != null) {
        answer.slice().release();
      }
    }

    private void decode(FileSlice slice) {
      try {
        worker.execute(
            () -> {
              long timestamp = UNKNOWN;
              try {
                timestamp = timestamp(slice, offset);
              } catch (IOException | RuntimeException e) {
                // Whatever a batch holds, somebody waits for an answer.
                onFailed(partition, offset, e);
              } finally {
                slice.release();
              }
              found.complete(timestamp);
            });
      } catch (RejectedExecutionException e) {
        slice.release();
        found.complete(UNKNOWN);
      }
    }
  }

  private static long timestamp(FileSlice slice, long offset) throws IOException {
    ByteBuffer header = bytes(slice, Math.min(slice.length(), RecordBatch.HEADER_SIZE));
    if (header.limit() < RecordBatch.HEADER_SIZE) {
      return UNKNOWN;
    }
    long first = RecordBatch.baseTimestamp(header, 0);
    long max = RecordBatch.maxTimestamp(header, 0);
    if (RecordBatch.timestampType(header, 0) == TimestampType.LOG_APPEND_TIME) {
      return max;
    }
    if (first == max) {
      return first;
    }
    // With a delete horizon (KIP-534) that is what stands in the place of the first timestamp.
    boolean firstIsKnown = !RecordBatch.hasDeleteHorizon(header, 0);
    if (firstIsKnown && offset <= RecordBatch.baseOffset(header, 0)) {
      return first;
    }
    int size = RecordBatch.sizeInBytes(header, 0);
    if (size > MAX_DECODED_BYTES || size > slice.length()) {
      return firstIsKnown ? first : max;
    }
    try (RecordReader records = new RecordReader(bytes(slice, size), 0)) {
      while (records.hasNext()) {
        LogRecord record = records.next();
        if (record.offset() >= offset) {
          return record.timestampMs();
        }
      }
    }
    return max;
  }

  private static ByteBuffer bytes(FileSlice slice, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (slice.channel().read(bytes, slice.position() + bytes.position()) < 0) {
        throw new EOFException("The segment ends before its last batch");
      }
    }
    return bytes.flip();
  }
}
