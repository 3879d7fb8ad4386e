package io.millrace.record;

import java.nio.ByteBuffer;

/**
 * One walk over the uncompressed records of a batch, with absolute reads and without allocating.
 *
 * <pre>
 *  record: length varint | attributes int8 | timestamp delta varlong | offset delta varint
 *          | key length varint (negative = null) | key | value length varint (negative = null)
 *          | value | count of headers varint
 *          | { key length varint | key | value length varint (negative = null) | value }*
 * </pre>
 *
 * Varints are zigzag encoded (Protocol Buffers), of up to 5 bytes; varlongs of up to 10.
 *
 * <p>Owner: immutable.
 */
final class RecordWalk {
  /** A length byte, and for a body that long: attributes and five numbers. */
  static final int MIN_RECORD_SIZE = 7;

  private RecordWalk() {}

  /**
   * Walks over {@code count} records in {@code [from, to)}; {@code to} must be the buffer's limit,
   * so that every read beyond it is noticed.
   *
   * @return what is wrong with their form; null = nothing
   */
  static String walk(ByteBuffer buffer, int from, int to, int count, RecordChecks checks) {
    if (count > (to - from) / MIN_RECORD_SIZE) {
      return "fewer records than the count of " + count;
    }
    int index = 0;
    try {
      int at = from;
      for (; index < count; index++) {
        long packed = varint(buffer, at);
        at = position(packed);
        int end = at + value(packed);
        if (end > to || end < at) {
          return "bad length of record " + index;
        }
        at++; // No attribute of a record means anything yet.
        long timestampDelta;
        byte first = buffer.get(at);
        if (first >= 0) {
          timestampDelta = unzigzag(first);
          at++;
        } else {
          timestampDelta = unzigzag(varlong(buffer, at));
          at += sizeOfVarlong(buffer, at);
        }
        packed = varint(buffer, at);
        at = position(packed);
        if (value(packed) != index) {
          return "offset delta " + value(packed) + " of record " + index;
        }
        packed = varint(buffer, at);
        int keyLength = value(packed);
        at = position(packed) + Math.max(keyLength, 0);
        packed = varint(buffer, at);
        at = position(packed) + Math.max(value(packed), 0);
        byte headers = buffer.get(at);
        at = headers == 0 ? at + 1 : afterHeaders(buffer, at);
        // Not one sum above can pass the limit and come back to it: the next read would fail.
        if (at != end) {
          return "record " + index + " does not end where its length says";
        }
        checks.onRecord(index, keyLength >= 0, timestampDelta);
        // The same value, but known long before: the processor goes on to the next record without
        // waiting for the fields of this one, which makes the walk a third faster.
        at = end;
      }
      return at == to ? null : "bytes after the last record";
    } catch (IndexOutOfBoundsException | MalformedRecordException e) {
      return "bad structure of record " + index;
    }
  }

  private static int afterHeaders(ByteBuffer buffer, int position) {
    long packed = varint(buffer, position);
    int at = position(packed);
    int headers = value(packed);
    if (headers < 0) {
      throw new MalformedRecordException();
    }
    for (int i = 0; i < headers; i++) {
      packed = varint(buffer, at);
      if (value(packed) < 0) {
        throw new MalformedRecordException();
      }
      at = position(packed) + value(packed);
      packed = varint(buffer, at);
      at = position(packed) + Math.max(value(packed), 0);
    }
    return at;
  }

  /** The value in the upper half, the position after it in the lower. */
  private static long varint(ByteBuffer buffer, int at) {
    int b0 = buffer.get(at);
    if (b0 >= 0) {
      return pack((b0 >>> 1) ^ -(b0 & 1), at + 1);
    }
    int b1 = buffer.get(at + 1);
    if (b1 >= 0) {
      int raw = (b0 & 0x7f) | (b1 << 7);
      return pack((raw >>> 1) ^ -(raw & 1), at + 2);
    }
    return longVarint(buffer, at, (b0 & 0x7f) | ((b1 & 0x7f) << 7));
  }

  private static long longVarint(ByteBuffer buffer, int at, int twoBytes) {
    int raw = twoBytes;
    int next = at + 2;
    for (int shift = 14; ; shift += 7) {
      byte b = buffer.get(next++);
      raw |= (b & 0x7f) << shift;
      if (b >= 0) {
        return pack((raw >>> 1) ^ -(raw & 1), next);
      }
      if (shift == 28) {
        throw new MalformedRecordException();
      }
    }
  }

  private static long varlong(ByteBuffer buffer, int at) {
    long raw = 0;
    int next = at;
    for (int shift = 0; shift <= 63; shift += 7) {
      byte b = buffer.get(next++);
      raw |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return raw;
      }
    }
    throw new MalformedRecordException();
  }

  private static int sizeOfVarlong(ByteBuffer buffer, int at) {
    int size = 1;
    while (buffer.get(at + size - 1) < 0) {
      size++;
    }
    return size;
  }

  private static long unzigzag(long raw) {
    return (raw >>> 1) ^ -(raw & 1);
  }

  private static long pack(int value, int position) {
    return ((long) value << 32) | position;
  }

  private static int value(long packed) {
    return (int) (packed >> 32);
  }

  private static int position(long packed) {
    return (int) packed;
  }
}
