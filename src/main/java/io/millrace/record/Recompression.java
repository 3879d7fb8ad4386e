package io.millrace.record;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.utils.ByteBufferOutputStream;

/**
 * The making of a batch with the same header and record bytes in another codec. Takes the records
 * uncompressed, as an output stream; keeps at most about {@code maxBytes}, whatever is written.
 *
 * <p>Owner: its {@link BatchValidator}.
 */
final class Recompression extends OutputStream {
  private final ByteBuffer source;
  private final int sourcePosition;
  private final Codec codec;
  private final int maxBytes;
  private final ByteBufferOutputStream sink;
  private final OutputStream compressor;
  private boolean tooLarge;

  Recompression(ByteBuffer source, Codec codec, Compression compression, int maxBytes) {
    this.source = source;
    this.sourcePosition = source.position();
    this.codec = codec;
    this.maxBytes = maxBytes;
    this.sink = new ByteBufferOutputStream(Math.max(source.remaining(), 512));
    sink.position(RecordBatch.HEADER_SIZE);
    this.compressor = compression.wrapForOutput(sink, RecordBatch.MAGIC);
  }

  @Override
  public void write(int oneByte) throws IOException {
    write(new byte[] {(byte) oneByte}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (!tooLarge) {
      compressor.write(bytes, offset, length);
      tooLarge = sink.position() > maxBytes;
    }
  }

  /** Takes the source's records, which are not compressed. */
  void writeUncompressed() {
    byte[] chunk = new byte[8 * 1024];
    int end = source.limit();
    try {
      for (int at = sourcePosition + RecordBatch.HEADER_SIZE; at < end; at += chunk.length) {
        int length = Math.min(chunk.length, end - at);
        source.get(at, chunk, 0, length);
        write(chunk, 0, length);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("compressing into memory", e);
    }
  }

  /** The new batch, with a right CRC; null = it is larger than {@code maxBytes}. */
  ByteBuffer finish() {
    close();
    int size = sink.position();
    if (tooLarge || size > maxBytes) {
      return null;
    }
    ByteBuffer batch = sink.buffer().duplicate().position(0).limit(size);
    batch.put(0, source, sourcePosition, RecordBatch.HEADER_SIZE);
    batch.putInt(RecordBatch.LENGTH_AT, size - RecordBatch.LOG_OVERHEAD);
    int attributes = RecordBatch.attributes(batch, 0) & ~RecordBatch.CODEC_MASK;
    batch.putShort(RecordBatch.ATTRIBUTES_AT, (short) (attributes | codec.id()));
    RecordBatch.updateCrc(batch, 0);
    return batch;
  }

  /** Releases what the compressor holds; harmless when repeated. */
  @Override
  public void close() {
    try {
      compressor.close();
    } catch (IOException e) {
      throw new UncheckedIOException("compressing into memory", e);
    }
  }
}
