package io.millrace.record;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.apache.kafka.common.utils.ByteUtils;

/**
 * Takes records out of a batch, for compaction: shows each to somebody who says whether it stays,
 * and makes the batch anew from those that do. Offsets, sequence numbers, producer, leader epoch
 * and codec remain what they were. One instance serves any number of batches.
 *
 * <pre>
 *   if (filter.filter(buffer, at, retention) &lt; filter.total()) {
 *     out.append(filter.rebuild(-1));
 *   }
 * </pre>
 *
 * <p>Owner: whoever made it.
 */
public final class BatchFilter {
  /** Says which records stay. */
  public interface Retention {
    /**
     * Whether a record stays.
     *
     * @param key position to limit, big endian, for the time of the call; null = none
     * @param hasValue false = a tombstone
     */
    boolean retains(long offset, ByteBuffer key, boolean hasValue);
  }

  /** A batch with more bytes when decompressed is not worked on: it would not fit the memory. */
  public static final int MAX_DECOMPRESSED_BYTES = 256 << 20;

  private static final int FIRST_DECOMPRESSED = 64 << 10;
  private static final int LARGEST_KEPT = 4 << 20;

  private final BufferSupplier buffers = BufferSupplier.create();
  private byte[] decompressed = new byte[0];

  private ByteBuffer batch;
  private int at;
  private ByteBuffer records;

  private int total;
  private int retained;

  /** Of each retained record: its first byte, the byte after the timestamp, and its end. */
  private int[] places = new int[64];

  /** Of each retained record. */
  private long[] timestamps = new long[16];

  public BatchFilter() {}

  /**
   * Shows all records of the batch, in order.
   *
   * @return how many stay
   * @throws CorruptBatchException if they cannot be read
   */
  public int filter(ByteBuffer buffer, int position, Retention retention) {
    batch = buffer;
    at = position;
    retained = 0;
    total = RecordBatch.count(buffer, position);
    if (total < 0) {
      throw corrupt("a count of " + total, null);
    }
    if (total == 0) {
      return 0;
    }
    int index = 0;
    try {
      load();
      for (; index < total; index++) {
        next(retention);
      }
    } catch (IOException | BufferUnderflowException | IllegalArgumentException e) {
      throw corrupt("record " + index + " is malformed: " + e.getMessage(), e);
    }
    if (records.hasRemaining()) {
      throw corrupt("bytes after the last record", null);
    }
    return retained;
  }

  /** Records that the batch has. */
  public int total() {
    return total;
  }

  private void load() throws IOException {
    int from = at + RecordBatch.HEADER_SIZE;
    int to = at + RecordBatch.sizeInBytes(batch, at);
    Codec codec = RecordBatch.compression(batch, at);
    if (codec == null) {
      throw corrupt("unknown compression codec", null);
    }
    if (codec == Codec.NONE) {
      records = batch.duplicate();
      records.limit(to).position(from);
    } else {
      int length = decompress(codec, from, to);
      records = ByteBuffer.wrap(decompressed, 0, length);
    }
  }

  private int decompress(Codec codec, int from, int to) throws IOException {
    if (decompressed.length == 0 || decompressed.length > LARGEST_KEPT) {
      decompressed = new byte[FIRST_DECOMPRESSED];
    }
    int length = 0;
    try (InputStream in = Compressions.decompress(codec, batch, from, to, buffers)) {
      while (true) {
        if (length == decompressed.length) {
          if (length == MAX_DECOMPRESSED_BYTES) {
            throw corrupt("more than " + MAX_DECOMPRESSED_BYTES + " bytes when decompressed", null);
          }
          decompressed = Arrays.copyOf(decompressed, Math.min(length * 2, MAX_DECOMPRESSED_BYTES));
        }
        int read = in.read(decompressed, length, decompressed.length - length);
        if (read < 0) {
          return length;
        }
        length += read;
      }
    }
  }

  private void next(Retention retention) throws IOException {
    int length = ByteUtils.readVarint(records);
    int start = records.position();
    if (length < 0 || length > records.remaining()) {
      throw new IOException("length " + length);
    }
    int end = start + length;
    records.get(); // No attribute of a record means anything yet.
    long timestampDelta = ByteUtils.readVarlong(records);
    int rest = records.position();
    long offset = RecordBatch.baseOffset(batch, at) + ByteUtils.readVarint(records);
    int keyLength = ByteUtils.readVarint(records);
    int keyAt = records.position();
    skip(keyLength, end);
    int valueLength = ByteUtils.readVarint(records);
    skip(valueLength, end);
    ByteBuffer key = keyLength < 0 ? null : records.slice(keyAt, keyLength);
    records.position(end);
    if (retention.retains(offset, key, valueLength >= 0)) {
      add(start, rest, end, RecordBatch.baseTimestamp(batch, at) + timestampDelta);
    }
  }

  private void skip(int length, int end) throws IOException {
    if (length > end - records.position()) {
      throw new IOException("a field of " + length + " bytes is longer than its record");
    }
    records.position(records.position() + Math.max(0, length));
  }

  private void add(int start, int rest, int end, long timestamp) {
    if (retained == timestamps.length) {
      timestamps = Arrays.copyOf(timestamps, retained * 2);
      places = Arrays.copyOf(places, retained * 6);
    }
    places[retained * 3] = start;
    places[retained * 3 + 1] = rest;
    places[retained * 3 + 2] = end;
    timestamps[retained] = timestamp;
    retained++;
  }

  /**
   * The batch with the retained records only, position 0 to limit, with a right CRC. Its base
   * timestamp is that of the first record, or the delete horizon.
   *
   * @param newDeleteHorizonMs set if the batch has none yet; -1 = none is to be set
   * @throws IllegalStateException if no record is retained
   */
  public ByteBuffer rebuild(long newDeleteHorizonMs) {
    if (retained == 0) {
      throw new IllegalStateException("No record is left; that is what emptied() is for");
    }
    boolean hadHorizon = RecordBatch.hasDeleteHorizon(batch, at);
    boolean hasHorizon = hadHorizon || newDeleteHorizonMs != RecordBatch.NO_TIMESTAMP;
    long base = timestamps[0];
    if (hasHorizon) {
      base = hadHorizon ? RecordBatch.deleteHorizonMs(batch, at) : newDeleteHorizonMs;
    }
    Codec codec = RecordBatch.compression(batch, at);
    int size = codec == Codec.NONE ? RecordBatch.sizeInBytes(batch, at) : 512;
    ByteBufferOutputStream sink = new ByteBufferOutputStream(Math.max(size, 512));
    sink.position(RecordBatch.HEADER_SIZE);
    long maxTimestamp = RecordBatch.NO_TIMESTAMP;
    try (DataOutputStream out =
        new DataOutputStream(Compressions.of(codec).wrapForOutput(sink, RecordBatch.MAGIC))) {
      for (int i = 0; i < retained; i++) {
        write(out, i, timestamps[i] - base);
        maxTimestamp = Math.max(maxTimestamp, timestamps[i]);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing into memory", e);
    }
    ByteBuffer rebuilt = sink.buffer().duplicate().flip();
    rebuilt.put(0, batch, at, RecordBatch.HEADER_SIZE);
    rebuilt.putInt(RecordBatch.LENGTH_AT, rebuilt.limit() - RecordBatch.LOG_OVERHEAD);
    if (hasHorizon) {
      int attributes = RecordBatch.attributes(batch, at) | RecordBatch.DELETE_HORIZON_FLAG;
      rebuilt.putShort(RecordBatch.ATTRIBUTES_AT, (short) attributes);
    }
    rebuilt.putLong(RecordBatch.BASE_TIMESTAMP_AT, base);
    if (RecordBatch.timestampType(batch, at) == TimestampType.CREATE_TIME) {
      rebuilt.putLong(RecordBatch.MAX_TIMESTAMP_AT, maxTimestamp);
    }
    rebuilt.putInt(RecordBatch.COUNT_AT, retained);
    RecordBatch.updateCrc(rebuilt, 0);
    return rebuilt;
  }

  private void write(DataOutputStream out, int record, long timestampDelta) throws IOException {
    int start = places[record * 3];
    int rest = places[record * 3 + 1];
    int end = places[record * 3 + 2];
    ByteUtils.writeVarint(1 + ByteUtils.sizeOfVarlong(timestampDelta) + end - rest, out);
    out.write(records.get(start));
    ByteUtils.writeVarlong(timestampDelta, out);
    if (records.hasArray()) {
      out.write(records.array(), records.arrayOffset() + rest, end - rest);
    } else {
      byte[] copy = new byte[end - rest];
      records.get(rest, copy);
      out.write(copy);
    }
  }

  /**
   * The header of a batch that has lost all its records, with a right CRC, position 0 to limit. It
   * keeps what producers and offsets are known by.
   */
  public static ByteBuffer emptied(ByteBuffer buffer, int position) {
    ByteBuffer header = ByteBuffer.allocate(RecordBatch.HEADER_SIZE);
    header.put(0, buffer, position, RecordBatch.HEADER_SIZE);
    header.putInt(RecordBatch.LENGTH_AT, RecordBatch.HEADER_SIZE - RecordBatch.LOG_OVERHEAD);
    int kept =
        RecordBatch.LOG_APPEND_TIME_FLAG
            | RecordBatch.TRANSACTIONAL_FLAG
            | RecordBatch.CONTROL_FLAG;
    int attributes = RecordBatch.attributes(buffer, position) & kept;
    header.putShort(RecordBatch.ATTRIBUTES_AT, (short) attributes);
    header.putLong(RecordBatch.BASE_TIMESTAMP_AT, RecordBatch.NO_TIMESTAMP);
    header.putInt(RecordBatch.COUNT_AT, 0);
    RecordBatch.updateCrc(header, 0);
    return header;
  }

  private CorruptBatchException corrupt(String what, Throwable cause) {
    return new CorruptBatchException(
        "Batch at offset " + RecordBatch.baseOffset(batch, at) + ": " + what, cause);
  }
}
