package io.millrace.record;

import io.millrace.record.LogRecord.Header;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.ByteUtils;

/**
 * Decodes the records of one batch in order, one at a time, decompressing on the way. For tools,
 * index rebuilds, look-ups by time and tests; the way of Produce needs {@link BatchValidator} only.
 * Allocates for each record. Does not check the CRC.
 *
 * <p>Throws {@link CorruptBatchException} where the records are not what the header promises.
 *
 * <p>Owner: whoever made it; close it.
 */
public final class RecordReader implements Iterator<LogRecord>, AutoCloseable {
  private final long baseOffset;
  private final long baseTimestamp;
  private final long appendTime;
  private final boolean hasAppendTime;
  private final int count;
  private final ByteBuffer uncompressed;
  private final InputStream decompressed;
  private int read;

  /** Reads the whole batch at {@code position}; the buffer's position and limit are not moved. */
  public RecordReader(ByteBuffer buffer, int position) {
    baseOffset = RecordBatch.baseOffset(buffer, position);
    baseTimestamp = RecordBatch.baseTimestamp(buffer, position);
    appendTime = RecordBatch.maxTimestamp(buffer, position);
    hasAppendTime = RecordBatch.timestampType(buffer, position) == TimestampType.LOG_APPEND_TIME;
    count = RecordBatch.count(buffer, position);
    int from = position + RecordBatch.HEADER_SIZE;
    int to = position + RecordBatch.sizeInBytes(buffer, position);
    Codec codec = RecordBatch.compression(buffer, position);
    if (codec == null) {
      throw corrupt("unknown compression codec", null);
    }
    if (codec == Codec.NONE || count <= 0) {
      uncompressed = buffer.slice(from, to - from);
      decompressed = null;
    } else {
      uncompressed = null;
      try {
        decompressed = Compressions.decompress(codec, buffer, from, to, BufferSupplier.NO_CACHING);
      } catch (IOException e) {
        throw corrupt(e.getMessage(), e);
      }
    }
  }

  /** All records of the batch at {@code position}. */
  public static List<LogRecord> readAll(ByteBuffer buffer, int position) {
    try (RecordReader reader = new RecordReader(buffer, position)) {
      List<LogRecord> records = new ArrayList<>();
      while (reader.hasNext()) {
        records.add(reader.next());
      }
      return records;
    }
  }

  @Override
  public boolean hasNext() {
    return read < count;
  }

  @Override
  public LogRecord next() {
    if (read >= count) {
      throw new NoSuchElementException();
    }
    read++;
    try {
      LogRecord record = decode(nextBody());
      if (read == count && !atEnd()) {
        throw corrupt("bytes after the last record", null);
      }
      return record;
    } catch (IOException | BufferUnderflowException | IllegalArgumentException e) {
      throw corrupt("record " + (read - 1) + " is malformed: " + e.getMessage(), e);
    }
  }

  private ByteBuffer nextBody() throws IOException {
    if (uncompressed != null) {
      int length = ByteUtils.readVarint(uncompressed);
      if (length < 0 || length > uncompressed.remaining()) {
        throw new IOException("length " + length);
      }
      ByteBuffer body = uncompressed.slice(uncompressed.position(), length);
      uncompressed.position(uncompressed.position() + length);
      return body;
    }
    int length = readVarint(decompressed);
    if (length < 0) {
      throw new IOException("length " + length);
    }
    // Takes memory only as bytes arrive, so a length that lies costs nothing.
    byte[] body = decompressed.readNBytes(length);
    if (body.length < length) {
      throw new EOFException("length " + length + ", but only " + body.length + " bytes follow");
    }
    return ByteBuffer.wrap(body);
  }

  private static int readVarint(InputStream in) throws IOException {
    int raw = 0;
    for (int shift = 0; shift <= 28; shift += 7) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException("fewer records than the count says");
      }
      raw |= (b & 0x7f) << shift;
      if (b < 0x80) {
        return (raw >>> 1) ^ -(raw & 1);
      }
    }
    throw new IOException("number of more than 5 bytes");
  }

  private boolean atEnd() throws IOException {
    return uncompressed != null ? !uncompressed.hasRemaining() : decompressed.read() < 0;
  }

  private LogRecord decode(ByteBuffer body) throws IOException {
    int size = ByteUtils.sizeOfVarint(body.remaining()) + body.remaining();
    body.get(); // No attribute of a record means anything yet.
    long timestamp = baseTimestamp + ByteUtils.readVarlong(body);
    long offset = baseOffset + ByteUtils.readVarint(body);
    ByteBuffer key = bytes(body);
    ByteBuffer value = bytes(body);
    int headerCount = ByteUtils.readVarint(body);
    if (headerCount < 0 || headerCount > body.remaining()) {
      throw new IOException(headerCount + " headers");
    }
    List<Header> headers = new ArrayList<>(headerCount);
    for (int i = 0; i < headerCount; i++) {
      ByteBuffer name = bytes(body);
      if (name == null) {
        throw new IOException("header without a key");
      }
      headers.add(new Header(StandardCharsets.UTF_8.decode(name).toString(), bytes(body)));
    }
    if (body.hasRemaining()) {
      throw new IOException(body.remaining() + " bytes too long");
    }
    return new LogRecord(
        offset, hasAppendTime ? appendTime : timestamp, size, key, value, List.copyOf(headers));
  }

  private static ByteBuffer bytes(ByteBuffer body) throws IOException {
    int length = ByteUtils.readVarint(body);
    if (length < 0) {
      return null;
    }
    if (length > body.remaining()) {
      throw new IOException("field of " + length + " bytes");
    }
    ByteBuffer bytes = body.slice(body.position(), length);
    body.position(body.position() + length);
    return bytes;
  }

  private CorruptBatchException corrupt(String what, Throwable cause) {
    return new CorruptBatchException("Batch at offset " + baseOffset + ": " + what, cause);
  }

  @Override
  public void close() {
    if (decompressed != null) {
      try {
        decompressed.close();
      } catch (IOException e) {
        throw corrupt("end of compressed data", e);
      }
    }
  }
}
