package io.millrace.log;

import io.millrace.log.LogWorker.Lane;
import io.millrace.record.RecordBatch;
import io.vertx.core.Future;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Reads batches for a replica that has lost its own, and checks each before it is given away.
 *
 * <p>Owner: partition loop.
 */
final class VerifiedRead {
  private final LogState log;
  private final LogReader reader;

  VerifiedRead(LogState log, LogReader reader) {
    this.log = log;
    this.reader = reader;
  }

  /** As {@link PartitionLog#readVerified}. */
  Future<FileSlice> run(long from, long to, int maxBytes) {
    return check(reader.read(from, to, maxBytes, /* minOneBatch= */ true), maxBytes);
  }

  private Future<FileSlice> check(ReadResult result, int maxBytes) {
    if (result instanceof ReadResult.Later later) {
      return later.result().compose(found -> check(found, maxBytes));
    }
    if (result instanceof ReadResult.OutOfRange) {
      return Future.failedFuture(new IndexOutOfBoundsException("the log does not reach there"));
    }
    if (!(result instanceof ReadResult.Data data)) {
      return Future.succeededFuture();
    }
    FileSlice slice = data.slice();
    if (slice.length() > maxBytes) {
      slice.release();
      return Future.failedFuture(
          new IndexOutOfBoundsException("a batch there is larger than " + maxBytes + " bytes"));
    }
    return log.directory
        .worker()
        .run(Lane.READ, log.owner, () -> verified(slice))
        .onFailure(any -> slice.release());
  }

  private FileSlice verified(FileSlice slice) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(slice.length());
    while (bytes.hasRemaining()) {
      if (slice.channel().read(bytes, slice.position() + bytes.position()) < 0) {
        throw new EOFException("the segment ends inside a leased range");
      }
    }
    bytes.flip();
    for (int at = 0; at < bytes.limit(); at += RecordBatch.sizeInBytes(bytes, at)) {
      int left = bytes.limit() - at;
      if (left < RecordBatch.HEADER_SIZE
          || !RecordBatch.isPlausible(bytes, at)
          || RecordBatch.sizeInBytes(bytes, at) > left
          || !RecordBatch.isCrcValid(bytes, at)) {
        throw new CorruptSegmentException(
            log.id + ": the batch at position " + (slice.position() + at) + " is damaged here too");
      }
    }
    return slice;
  }
}
