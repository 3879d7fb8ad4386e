package io.millrace.record;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * The same walk as {@link RecordWalk} over records that come out of a decompressor: through a small
 * window that is used again and again, never holding a record. What passes can be copied to a
 * second stream, byte by byte as it was.
 *
 * <p>Owner: its thread.
 */
final class RecordStream {
  /** Why a walk ended. */
  enum Outcome {
    WELL_FORMED,
    MALFORMED,
    /** More bytes than allowed came out; nothing is known about the rest. */
    TOO_LONG
  }

  private final byte[] window = new byte[16 * 1024];
  private int at;
  private int end;

  /** Bytes that came out up to the end of the window. */
  private long produced;

  private long limit;
  private boolean tooLong;
  private InputStream in;
  private OutputStream copy;
  private String fault;

  /**
   * Walks over {@code count} records.
   *
   * @param maxBytes how many bytes may come out of the decompressor
   * @param copyTo takes every byte that comes out; null = none
   * @throws IOException the compressed bytes are no such thing, or {@code copyTo} failed
   */
  Outcome walk(
      InputStream decompressed, int count, RecordChecks checks, long maxBytes, OutputStream copyTo)
      throws IOException {
    in = decompressed;
    copy = copyTo;
    limit = maxBytes;
    at = 0;
    end = 0;
    produced = 0;
    tooLong = false;
    fault = null;
    try {
      walk(count, checks);
    } catch (MalformedRecordException e) {
      fault = fault == null ? "bad structure of a record" : fault;
    } finally {
      in = null;
      copy = null;
    }
    if (tooLong) {
      return Outcome.TOO_LONG;
    }
    return fault == null ? Outcome.WELL_FORMED : Outcome.MALFORMED;
  }

  /** What was malformed. */
  String fault() {
    return fault;
  }

  private void walk(int count, RecordChecks checks) throws IOException {
    for (int index = 0; index < count; index++) {
      int length = varint();
      if (length < 0) {
        throw fault("bad length of record " + index);
      }
      long recordEnd = position() + length;
      readByte(); // No attribute of a record means anything yet.
      long timestampDelta = varlong();
      int offsetDelta = varint();
      if (offsetDelta != index) {
        throw fault("offset delta " + offsetDelta + " of record " + index);
      }
      int keyLength = varint();
      skip(keyLength, recordEnd);
      skip(varint(), recordEnd);
      int headers = varint();
      if (headers < 0) {
        throw fault("negative count of headers of record " + index);
      }
      for (int i = 0; i < headers; i++) {
        int nameLength = varint();
        if (nameLength < 0) {
          throw fault("header without a key in record " + index);
        }
        skip(nameLength, recordEnd);
        skip(varint(), recordEnd);
      }
      if (position() != recordEnd) {
        throw fault("record " + index + " does not end where its length says");
      }
      checks.onRecord(index, keyLength >= 0, timestampDelta);
    }
    if (at != end || refill()) {
      throw fault("bytes after the last record");
    }
  }

  private MalformedRecordException fault(String what) {
    fault = what;
    return new MalformedRecordException();
  }

  private long position() {
    return produced - (end - at);
  }

  private byte readByte() throws IOException {
    if (at == end && !refill()) {
      throw fault("fewer records than the count says");
    }
    return window[at++];
  }

  private void skip(int bytes, long recordEnd) throws IOException {
    if (bytes <= 0) {
      return;
    }
    if (bytes > recordEnd - position()) {
      throw fault("a field is longer than its record");
    }
    int left = bytes;
    while (left > end - at) {
      left -= end - at;
      if (!refill()) {
        throw fault("fewer records than the count says");
      }
    }
    at += left;
  }

  /** Takes the next bytes into the window; false = there are none. */
  private boolean refill() throws IOException {
    at = 0;
    end = 0;
    int read = in.read(window, 0, window.length);
    if (read == 0) {
      int one = in.read();
      if (one >= 0) {
        window[0] = (byte) one;
        read = 1;
      }
    }
    if (read <= 0) {
      return false;
    }
    end = read;
    produced += read;
    if (produced > limit) {
      tooLong = true;
      throw fault("too long when decompressed");
    }
    if (copy != null) {
      copy.write(window, 0, read);
    }
    return true;
  }

  private int varint() throws IOException {
    int raw = 0;
    for (int shift = 0; shift <= 28; shift += 7) {
      byte b = readByte();
      raw |= (b & 0x7f) << shift;
      if (b >= 0) {
        return (raw >>> 1) ^ -(raw & 1);
      }
    }
    throw new MalformedRecordException();
  }

  private long varlong() throws IOException {
    long raw = 0;
    for (int shift = 0; shift <= 63; shift += 7) {
      byte b = readByte();
      raw |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return (raw >>> 1) ^ -(raw & 1);
      }
    }
    throw new MalformedRecordException();
  }
}
