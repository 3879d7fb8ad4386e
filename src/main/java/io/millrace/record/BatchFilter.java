package io.millrace.record;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
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

  /** Holds the records from {@code first} to {@code limit}; the next is at {@code position}. */
  private byte[] records = decompressed;

  private int first;
  private int position;
  private int limit;

  /** Shows the key of a record. */
  private ByteBuffer view = ByteBuffer.wrap(decompressed);

  private int total;
  private int retained;

  /** Of each retained record: its first byte, the byte after the timestamp, and its end. */
  private int[] places = new int[64];

  /** Of each retained record. */
  private long[] timestamps = new long[16];

  /** What {@link #rebuild} makes, or what it compresses; kept, as one batch follows the other. */
  private ByteBuffer written = ByteBuffer.allocate(0);

  private final Lz4Frames lz4 = new Lz4Frames();

  public BatchFilter() {}

  /**
   * Shows all records of the batch, in order.
   *
   * @return how many stay
   * @throws CorruptBatchException if they cannot be read
   */
  public int filter(ByteBuffer buffer, int start, Retention retention) {
    open(buffer, start);
    return select(retention);
  }

  /**
   * Takes a batch, for {@link #select}; it must stay as it is meanwhile.
   *
   * @throws CorruptBatchException if it cannot be read
   */
  public void open(ByteBuffer buffer, int start) {
    batch = buffer;
    at = start;
    retained = 0;
    total = RecordBatch.count(buffer, start);
    if (total < 0) {
      throw corrupt("a count of " + total, null);
    }
    if (total > 0) {
      try {
        load();
      } catch (IOException | IllegalArgumentException e) {
        throw corrupt("its records cannot be read: " + e.getMessage(), e);
      }
    }
  }

  /**
   * Shows all records of the open batch, in order; again, if it is called again.
   *
   * @return how many stay
   * @throws CorruptBatchException if they cannot be read
   */
  public int select(Retention retention) {
    retained = 0;
    if (total == 0) {
      return 0;
    }
    position = first;
    int index = 0;
    try {
      for (; index < total; index++) {
        next(retention);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw corrupt("record " + index + " is malformed: " + e.getMessage(), e);
    }
    if (position < limit) {
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
    if (codec != Codec.NONE) {
      limit = decompress(codec, from, to);
      records = decompressed;
      first = 0;
    } else if (batch.hasArray()) {
      records = batch.array();
      first = batch.arrayOffset() + from;
      limit = batch.arrayOffset() + to;
    } else {
      records = new byte[to - from];
      batch.get(from, records);
      first = 0;
      limit = records.length;
    }
    if (view.array() != records) {
      view = ByteBuffer.wrap(records);
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
    int length = varint();
    int start = position;
    if (length < 1 || length > limit - start) {
      throw new IOException("length " + length);
    }
    int end = start + length;
    position++; // No attribute of a record means anything yet.
    long timestampDelta = varlong();
    int rest = position;
    long offset = RecordBatch.baseOffset(batch, at) + varint();
    int keyLength = varint();
    int keyAt = position;
    skip(keyLength, end);
    int valueLength = varint();
    skip(valueLength, end);
    position = end;
    ByteBuffer key = keyLength < 0 ? null : view.limit(keyAt + keyLength).position(keyAt);
    if (retention.retains(offset, key, valueLength >= 0)) {
      add(start, rest, end, RecordBatch.baseTimestamp(batch, at) + timestampDelta);
    }
  }

  private int varint() throws IOException {
    long value = varlong();
    if (value != (int) value) {
      throw new IOException("a number of more than 32 bits");
    }
    return (int) value;
  }

  /** The next number, in Protocol Buffers' zigzag encoding. */
  private long varlong() throws IOException {
    long value = 0;
    int shift = 0;
    byte next;
    do {
      if (position >= limit || shift > 63) {
        throw new IOException("a number without an end");
      }
      next = records[position++];
      value |= (next & 0x7fL) << shift;
      shift += 7;
    } while (next < 0);
    return (value >>> 1) ^ -(value & 1);
  }

  private void skip(int length, int end) throws IOException {
    if (length > end - position) {
      throw new IOException("a field of " + length + " bytes is longer than its record");
    }
    position += Math.max(0, length);
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
   * The batch with the retained records only, position 0 to limit, with a right CRC; until the next
   * call. Its base timestamp is that of the first record, or the delete horizon.
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
    long maxTimestamp = RecordBatch.NO_TIMESTAMP;
    int size = 0;
    for (int i = 0; i < retained; i++) {
      maxTimestamp = Math.max(maxTimestamp, timestamps[i]);
      int length = length(i, base);
      size += ByteUtils.sizeOfVarint(length) + length;
    }
    Codec codec = RecordBatch.compression(batch, at);
    write(base, size);
    ByteBuffer rebuilt =
        switch (codec) {
          case NONE -> written;
          case LZ4 ->
              lz4.encode(written.array(), RecordBatch.HEADER_SIZE, size, RecordBatch.HEADER_SIZE);
          case GZIP, SNAPPY, ZSTD -> compress(codec, size);
        };
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

  /** Bytes of a retained record behind its length. */
  private int length(int record, long base) {
    int rest = places[record * 3 + 1];
    int end = places[record * 3 + 2];
    return 1 + ByteUtils.sizeOfVarlong(timestamps[record] - base) + end - rest;
  }

  /** Writes the retained records, with room for a header before them. */
  private void write(long base, int size) {
    int needed = RecordBatch.HEADER_SIZE + size;
    if (written.capacity() < needed || written.capacity() > Math.max(needed, LARGEST_KEPT)) {
      written = ByteBuffer.allocate(Math.max(needed, FIRST_DECOMPRESSED));
    }
    written.clear().position(RecordBatch.HEADER_SIZE);
    for (int i = 0; i < retained; i++) {
      int start = places[i * 3];
      int rest = places[i * 3 + 1];
      int end = places[i * 3 + 2];
      ByteUtils.writeVarint(length(i, base), written);
      written.put(records[start]);
      ByteUtils.writeVarlong(timestamps[i] - base, written);
      written.put(records, rest, end - rest);
    }
    written.flip();
  }

  private ByteBuffer compress(Codec codec, int size) {
    ByteBufferOutputStream sink =
        new ByteBufferOutputStream(RecordBatch.HEADER_SIZE + Math.max(512, size / 2));
    sink.position(RecordBatch.HEADER_SIZE);
    try (OutputStream out = Compressions.of(codec).wrapForOutput(sink, RecordBatch.MAGIC)) {
      out.write(written.array(), RecordBatch.HEADER_SIZE, size);
    } catch (IOException e) {
      throw new UncheckedIOException("writing into memory", e);
    }
    return sink.buffer().duplicate().flip();
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
