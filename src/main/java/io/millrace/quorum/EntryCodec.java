package io.millrace.quorum;

import io.millrace.metadata.MetadataCodec;
import io.millrace.metadata.MetadataRecord;
import io.millrace.quorum.state.Entry;
import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * An {@link Entry} as one record batch (format v2): the leader epoch is the term, each record has
 * no key and a {@link MetadataCodec} value, nothing is compressed.
 *
 * <p>Owner: any thread.
 */
final class EntryCodec {
  private EntryCodec() {}

  /** The batch of consecutive entries of one term; ready to be written. */
  static ByteBuffer encode(List<Entry> entries, long nowMs) {
    Entry first = entries.get(0);
    List<byte[]> values = new ArrayList<>();
    int size = RecordBatch.HEADER_SIZE;
    for (Entry entry : entries) {
      for (MetadataRecord record : entry.records()) {
        byte[] value = MetadataCodec.encode(record);
        int body = bodySize(values.size(), value.length);
        size = Math.addExact(size, varintSize(body) + body);
        values.add(value);
      }
    }
    ByteBuffer out = ByteBuffer.allocate(size);
    out.putLong(first.baseOffset());
    out.putInt(size - RecordBatch.LOG_OVERHEAD);
    out.putInt(first.term());
    out.put(RecordBatch.MAGIC);
    out.putInt(0); // CRC, below
    out.putShort((short) 0);
    out.putInt(values.size() - 1);
    out.putLong(nowMs).putLong(nowMs);
    out.putLong(RecordBatch.NO_PRODUCER_ID).putShort(RecordBatch.NO_PRODUCER_EPOCH);
    out.putInt(RecordBatch.NO_SEQUENCE);
    out.putInt(values.size());
    for (int i = 0; i < values.size(); i++) {
      byte[] value = values.get(i);
      putVarint(out, bodySize(i, value.length));
      out.put((byte) 0); // attributes
      putVarint(out, 0); // timestamp delta
      putVarint(out, i); // offset delta
      putVarint(out, -1); // no key
      putVarint(out, value.length);
      out.put(value);
      putVarint(out, 0); // no headers
    }
    out.flip();
    RecordBatch.updateCrc(out, 0);
    return out;
  }

  /**
   * The entry in the whole, CRC checked batch at {@code position}.
   *
   * @throws RuntimeException if the bytes are not what {@link #encode} writes
   */
  static Entry decode(ByteBuffer buffer, int position) {
    int count = RecordBatch.count(buffer, position);
    if (RecordBatch.attributes(buffer, position) != 0
        || count < 1
        || RecordBatch.lastOffsetDelta(buffer, position) != count - 1) {
      throw new IllegalArgumentException("The batch is not one of a metadata log");
    }
    ByteBuffer in =
        buffer.slice(
            position + RecordBatch.HEADER_SIZE,
            RecordBatch.sizeInBytes(buffer, position) - RecordBatch.HEADER_SIZE);
    List<MetadataRecord> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int end = readVarint(in);
      end += in.position();
      in.get(); // attributes
      readVarint(in); // timestamp delta
      int delta = readVarint(in);
      int keySize = readVarint(in);
      int valueSize = readVarint(in);
      if (delta != i || keySize != -1 || valueSize < 0 || in.position() + valueSize > end) {
        throw new IllegalArgumentException("Record " + i + " is not one of a metadata log");
      }
      records.add(MetadataCodec.decode(in.slice(in.position(), valueSize)));
      in.position(end);
    }
    if (in.hasRemaining()) {
      throw new IllegalArgumentException("The batch has bytes after its last record");
    }
    return new Entry(
        RecordBatch.baseOffset(buffer, position),
        RecordBatch.leaderEpoch(buffer, position),
        records);
  }

  private static int bodySize(int offsetDelta, int valueSize) {
    return 1 + 1 + varintSize(offsetDelta) + 1 + varintSize(valueSize) + valueSize + 1;
  }

  private static int varintSize(int value) {
    int zigzag = (value << 1) ^ (value >> 31);
    return Math.max(1, (38 - Integer.numberOfLeadingZeros(zigzag)) / 7);
  }

  private static void putVarint(ByteBuffer out, int value) {
    int rest = (value << 1) ^ (value >> 31);
    while ((rest & ~0x7F) != 0) {
      out.put((byte) (rest | 0x80));
      rest >>>= 7;
    }
    out.put((byte) rest);
  }

  private static int readVarint(ByteBuffer in) {
    int value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      int next = in.get();
      value |= (next & 0x7F) << shift;
      if (next >= 0) {
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw new IllegalArgumentException("A varint has more than five bytes");
  }
}
