package io.millrace.record;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.utils.BufferSupplier;

/**
 * From our codecs to the compression classes that Kafka's clients use, so that both sides agree on
 * every detail of the framing.
 *
 * <p>Owner: immutable.
 */
final class Compressions {
  private static final Compression[] DEFAULTS = {
    Compression.NONE,
    Compression.gzip().build(),
    Compression.snappy().build(),
    Compression.lz4().build(),
    Compression.zstd().build()
  };

  private Compressions() {}

  static Compression of(Codec codec) {
    return DEFAULTS[codec.id()];
  }

  static Compression of(Codec codec, int level) {
    return switch (codec) {
      case GZIP -> Compression.gzip().level(level).build();
      case LZ4 -> Compression.lz4().level(level).build();
      case ZSTD -> Compression.zstd().level(level).build();
      case NONE, SNAPPY -> of(codec);
    };
  }

  /**
   * The bytes in {@code [from, to)}, decompressed as they are read. Whatever is wrong with them
   * comes as an IOException, from here or from the stream, which must be closed.
   */
  static InputStream decompress(
      Codec codec, ByteBuffer buffer, int from, int to, BufferSupplier buffers) throws IOException {
    if (codec == Codec.SNAPPY && !SnappyFraming.isPlausible(buffer, from, to)) {
      throw new IOException("impossible lengths in snappy data");
    }
    try {
      return new Guarded(
          of(codec).wrapForInput(buffer.slice(from, to - from), RecordBatch.MAGIC, buffers));
    } catch (RuntimeException e) {
      throw new IOException("not " + codec.configName() + " data", e);
    }
  }

  /**
   * Bad data makes the libraries throw all kinds of things: runtime exceptions, an Error of
   * snappy's own, and a stack overflow where gzip recurses for each of very many empty members.
   */
  private static final class Guarded extends FilterInputStream {
    Guarded(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      try {
        return in.read();
      } catch (RuntimeException | Error e) {
        throw undecodable(e);
      }
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      try {
        return in.read(bytes, offset, length);
      } catch (RuntimeException | Error e) {
        throw undecodable(e);
      }
    }

    @Override
    public long skip(long bytes) throws IOException {
      throw new UnsupportedOperationException("not every decompressor skips reliably");
    }

    private static IOException undecodable(Throwable cause) {
      if (cause instanceof OutOfMemoryError
          || cause instanceof InternalError
          || cause instanceof LinkageError) {
        throw (Error) cause;
      }
      return new IOException("undecodable data", cause);
    }
  }
}
