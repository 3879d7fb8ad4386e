package io.millrace.log;

import io.millrace.log.clean.CleaningRules.Marker;
import io.millrace.record.LogRecord;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordReader;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;

/**
 * What control batches say of transactions.
 *
 * <p>Owner: immutable.
 */
final class ControlRecords {
  private static final int MOST_MARKER_BYTES = 1024;

  private ControlRecords() {}

  /** Reads the control batch whose header is the current one. */
  static Marker read(FileChannel channel, BatchScanner headers) throws IOException {
    int size = headers.sizeInBytes();
    if (size > MOST_MARKER_BYTES) {
      return Marker.OTHER;
    }
    ByteBuffer batch = ByteBuffer.allocate(size);
    while (batch.hasRemaining()) {
      if (channel.read(batch, headers.position() + batch.position()) < 0) {
        throw new EOFException("The file ends within a batch at " + headers.position());
      }
    }
    return marker(batch, 0);
  }

  /** What the record of a control batch says: its key is a version and a type, both int16. */
  static Marker marker(ByteBuffer buffer, int at) {
    if (RecordBatch.count(buffer, at) == 0) {
      return Marker.NONE;
    }
    List<LogRecord> records = RecordReader.readAll(buffer, at);
    ByteBuffer key = records.get(0).key();
    if (key == null || key.remaining() < 2 * Short.BYTES) {
      return Marker.OTHER;
    }
    return switch (key.getShort(key.position() + Short.BYTES)) {
      case 0 -> Marker.ABORT;
      case 1 -> Marker.COMMIT;
      default -> Marker.OTHER;
    };
  }
}
