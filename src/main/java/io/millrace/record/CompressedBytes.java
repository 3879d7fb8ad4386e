package io.millrace.record;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.apache.kafka.common.utils.BufferSupplier;

/**
 * Bytes that are compressed in the way of record batches and are something else, such as what
 * clients measure.
 *
 * <p>Owner: immutable.
 */
public final class CompressedBytes {
  private CompressedBytes() {}

  /**
   * The remaining bytes, decompressed as they are read. Whatever is wrong with them comes as an
   * IOException, from here or from the stream, which must be closed.
   *
   * @param maxBytes to be read; beyond them comes a {@link TooManyBytesException}
   */
  public static InputStream open(Codec codec, ByteBuffer bytes, long maxBytes) throws IOException {
    return new Bounded(
        Compressions.decompress(
            codec, bytes, bytes.position(), bytes.limit(), BufferSupplier.NO_CACHING),
        maxBytes);
  }

  /**
   * There are more bytes than allowed.
   *
   * <p>Owner: immutable.
   */
  public static final class TooManyBytesException extends IOException {
    private static final long serialVersionUID = 1;

    TooManyBytesException(String message) {
      super(message);
    }
  }

  private static final class Bounded extends FilterInputStream {
    private final long maxBytes;
    private long left;

    Bounded(InputStream in, long maxBytes) {
      super(in);
      this.maxBytes = maxBytes;
      this.left = maxBytes;
    }

    @Override
    public int read() throws IOException {
      int next = in.read();
      if (next >= 0) {
        count(1);
      }
      return next;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = in.read(bytes, offset, length);
      count(Math.max(0, read));
      return read;
    }

    /** By reading: not every decompressor skips reliably. */
    @Override
    public long skip(long bytes) throws IOException {
      byte[] thrownAway = new byte[(int) Math.max(1, Math.min(bytes, 4_096))];
      long skipped = 0;
      while (skipped < bytes) {
        int read = read(thrownAway, 0, (int) Math.min(thrownAway.length, bytes - skipped));
        if (read < 0) {
          break;
        }
        skipped += read;
      }
      return skipped;
    }

    private void count(int bytes) throws IOException {
      left -= bytes;
      if (left < 0) {
        throw new TooManyBytesException("more than " + maxBytes + " bytes when decompressed");
      }
    }
  }
}
