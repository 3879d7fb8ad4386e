package io.millrace.record;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The header of a record batch, format v2 (KIP-98), read and patched where it lies. {@code
 * position} is always the absolute index of the batch's first byte; the buffer must be big endian,
 * and its position and limit are neither used nor moved. Nothing here allocates, except that the
 * CRC functions take one small view.
 *
 * <pre>
 *  0        8       12      16 17      21 23            27        35        43
 *  +--------+-------+-------+--+-------+--+-------------+---------+---------+
 *  | base   |length | leader|ma| CRC-  |at| last offset | base    | max     |
 *  | offset |       | epoch |gi| 32C   |tr| delta       | timest. | timest. |
 *  +--------+-------+-------+--+-------+--+-------------+---------+---------+
 *  43         51     53         57      61
 *  +----------+------+----------+-------+---------- - - -
 *  | producer |epoch | base     | count | records
 *  | id       |      | sequence |       |
 *  +----------+------+----------+-------+---------- - - -
 *
 *  length counts from offset 12; the CRC covers everything from offset 21 on, so base offset and
 *  leader epoch can be patched without touching it.
 *  attributes: bits 0-2 codec, 3 LogAppendTime, 4 transactional, 5 control, 6 delete horizon
 * </pre>
 *
 * <p>Owner: any thread; the buffer's owner calls.
 */
public final class RecordBatch {
  /** The only format that is written or accepted. */
  public static final byte MAGIC = 2;

  /** Base offset and length: what precedes the bytes that {@code length} counts. */
  public static final int LOG_OVERHEAD = 12;

  /** Bytes up to and including the magic byte, the same in all formats. */
  public static final int MAGIC_PREFIX = 17;

  /** Bytes before the first record. */
  public static final int HEADER_SIZE = 61;

  public static final int BASE_OFFSET_AT = 0;
  public static final int LENGTH_AT = 8;
  public static final int LEADER_EPOCH_AT = 12;
  public static final int MAGIC_AT = 16;
  public static final int CRC_AT = 17;
  public static final int ATTRIBUTES_AT = 21;
  public static final int LAST_OFFSET_DELTA_AT = 23;
  public static final int BASE_TIMESTAMP_AT = 27;
  public static final int MAX_TIMESTAMP_AT = 35;
  public static final int PRODUCER_ID_AT = 43;
  public static final int PRODUCER_EPOCH_AT = 51;
  public static final int BASE_SEQUENCE_AT = 53;
  public static final int COUNT_AT = 57;

  public static final int CODEC_MASK = 0x07;
  public static final int LOG_APPEND_TIME_FLAG = 0x08;
  public static final int TRANSACTIONAL_FLAG = 0x10;
  public static final int CONTROL_FLAG = 0x20;
  public static final int DELETE_HORIZON_FLAG = 0x40;

  private static final int KNOWN_ATTRIBUTES = 0x7f;

  public static final long NO_TIMESTAMP = -1;
  public static final long NO_PRODUCER_ID = -1;
  public static final short NO_PRODUCER_EPOCH = -1;
  public static final int NO_SEQUENCE = -1;
  public static final int NO_LEADER_EPOCH = -1;

  private RecordBatch() {}

  public static long baseOffset(ByteBuffer buffer, int position) {
    return buffer.getLong(position + BASE_OFFSET_AT);
  }

  /** Offset of the last record, or of the record that once was the last of a compacted batch. */
  public static long lastOffset(ByteBuffer buffer, int position) {
    return baseOffset(buffer, position) + lastOffsetDelta(buffer, position);
  }

  /** The offset that follows this batch. */
  public static long nextOffset(ByteBuffer buffer, int position) {
    return lastOffset(buffer, position) + 1;
  }

  /** Bytes of the whole batch, as its length field says; may overflow to negative if that lies. */
  public static int sizeInBytes(ByteBuffer buffer, int position) {
    return LOG_OVERHEAD + buffer.getInt(position + LENGTH_AT);
  }

  /** The epoch of the leader that appended the batch; -1 = not set. */
  public static int leaderEpoch(ByteBuffer buffer, int position) {
    return buffer.getInt(position + LEADER_EPOCH_AT);
  }

  public static byte magic(ByteBuffer buffer, int position) {
    return buffer.get(position + MAGIC_AT);
  }

  /** The stored CRC-32C, unsigned. */
  public static long crc(ByteBuffer buffer, int position) {
    return Integer.toUnsignedLong(buffer.getInt(position + CRC_AT));
  }

  public static short attributes(ByteBuffer buffer, int position) {
    return buffer.getShort(position + ATTRIBUTES_AT);
  }

  /** The number of the codec, which need not exist. */
  public static int codecId(ByteBuffer buffer, int position) {
    return attributes(buffer, position) & CODEC_MASK;
  }

  /** The codec; null = a number that stands for none. */
  public static Codec compression(ByteBuffer buffer, int position) {
    return Codec.ofId(codecId(buffer, position));
  }

  public static boolean isCompressed(ByteBuffer buffer, int position) {
    return codecId(buffer, position) != 0;
  }

  public static TimestampType timestampType(ByteBuffer buffer, int position) {
    return (attributes(buffer, position) & LOG_APPEND_TIME_FLAG) == 0
        ? TimestampType.CREATE_TIME
        : TimestampType.LOG_APPEND_TIME;
  }

  public static boolean isTransactional(ByteBuffer buffer, int position) {
    return (attributes(buffer, position) & TRANSACTIONAL_FLAG) != 0;
  }

  public static boolean isControl(ByteBuffer buffer, int position) {
    return (attributes(buffer, position) & CONTROL_FLAG) != 0;
  }

  /** Whether the base timestamp is the time from which tombstones may be removed (KIP-534). */
  public static boolean hasDeleteHorizon(ByteBuffer buffer, int position) {
    return (attributes(buffer, position) & DELETE_HORIZON_FLAG) != 0;
  }

  /** The time from which tombstones and markers may be removed, in ms; -1 = not set. */
  public static long deleteHorizonMs(ByteBuffer buffer, int position) {
    return hasDeleteHorizon(buffer, position) ? baseTimestamp(buffer, position) : NO_TIMESTAMP;
  }

  public static int lastOffsetDelta(ByteBuffer buffer, int position) {
    return buffer.getInt(position + LAST_OFFSET_DELTA_AT);
  }

  /** What the records' timestamp deltas are relative to, in ms; -1 = none. */
  public static long baseTimestamp(ByteBuffer buffer, int position) {
    return buffer.getLong(position + BASE_TIMESTAMP_AT);
  }

  /** The greatest timestamp of the records, or the append time of them all, in ms; -1 = none. */
  public static long maxTimestamp(ByteBuffer buffer, int position) {
    return buffer.getLong(position + MAX_TIMESTAMP_AT);
  }

  /** -1 = the producer is not idempotent. */
  public static long producerId(ByteBuffer buffer, int position) {
    return buffer.getLong(position + PRODUCER_ID_AT);
  }

  public static boolean hasProducerId(ByteBuffer buffer, int position) {
    return producerId(buffer, position) > NO_PRODUCER_ID;
  }

  public static short producerEpoch(ByteBuffer buffer, int position) {
    return buffer.getShort(position + PRODUCER_EPOCH_AT);
  }

  /** Sequence number of the first record; -1 = none. */
  public static int baseSequence(ByteBuffer buffer, int position) {
    return buffer.getInt(position + BASE_SEQUENCE_AT);
  }

  /** Sequence number of the last record; -1 = none. After the greatest int comes 0. */
  public static int lastSequence(ByteBuffer buffer, int position) {
    int base = baseSequence(buffer, position);
    return base == NO_SEQUENCE
        ? NO_SEQUENCE
        : incrementSequence(base, lastOffsetDelta(buffer, position));
  }

  /** A sequence number {@code increment} steps on; after the greatest int comes 0. */
  public static int incrementSequence(int sequence, int increment) {
    return (sequence + increment) & Integer.MAX_VALUE;
  }

  /** Records in the batch; fewer than the offsets it spans once compacted. */
  public static int count(ByteBuffer buffer, int position) {
    return buffer.getInt(position + COUNT_AT);
  }

  /** Outside the CRC. */
  public static void setBaseOffset(ByteBuffer buffer, int position, long baseOffset) {
    buffer.putLong(position + BASE_OFFSET_AT, baseOffset);
  }

  /** Outside the CRC. */
  public static void setLeaderEpoch(ByteBuffer buffer, int position, int leaderEpoch) {
    buffer.putInt(position + LEADER_EPOCH_AT, leaderEpoch);
  }

  /**
   * Sets type and max timestamp, and the CRC if either is new; attributes without a meaning are
   * then cleared, as Kafka does. The batch must be whole.
   */
  public static void setMaxTimestamp(
      ByteBuffer buffer, int position, TimestampType type, long timestampMs) {
    if (timestampType(buffer, position) == type && maxTimestamp(buffer, position) == timestampMs) {
      return;
    }
    int attributes = attributes(buffer, position) & KNOWN_ATTRIBUTES & ~LOG_APPEND_TIME_FLAG;
    if (type == TimestampType.LOG_APPEND_TIME) {
      attributes |= LOG_APPEND_TIME_FLAG;
    }
    buffer.putShort(position + ATTRIBUTES_AT, (short) attributes);
    buffer.putLong(position + MAX_TIMESTAMP_AT, timestampMs);
    updateCrc(buffer, position);
  }

  /** Makes the stored CRC right. The batch must be whole. */
  public static void updateCrc(ByteBuffer buffer, int position) {
    buffer.putInt(position + CRC_AT, (int) computeCrc(buffer, position));
  }

  /** The CRC-32C of the batch as it is, unsigned. The batch must be whole. */
  public static long computeCrc(ByteBuffer buffer, int position) {
    CRC32C crc = new CRC32C();
    crc.update(
        buffer.slice(position + ATTRIBUTES_AT, sizeInBytes(buffer, position) - ATTRIBUTES_AT));
    return crc.getValue();
  }

  /** Whether the stored CRC is that of the batch. The batch must be whole. */
  public static boolean isCrcValid(ByteBuffer buffer, int position) {
    return crc(buffer, position) == computeCrc(buffer, position);
  }

  /**
   * Whether these {@link #MAGIC_PREFIX} or more bytes can be the start of a batch: format v2 and at
   * least a header long. Says nothing about its end or CRC.
   */
  public static boolean isPlausible(ByteBuffer buffer, int position) {
    return sizeInBytes(buffer, position) >= HEADER_SIZE && magic(buffer, position) == MAGIC;
  }
}
