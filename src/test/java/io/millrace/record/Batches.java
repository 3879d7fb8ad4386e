package io.millrace.record;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.apache.kafka.common.utils.ByteUtils;

/** Batches for tests, good ones and such as no builder would make. */
final class Batches {
  static final long NOW = 1_700_000_000_000L;

  private Batches() {}

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** {@code count} records with keys, in one codec. */
  static ByteBuffer batch(Codec codec, int count) {
    BatchBuilder builder = new BatchBuilder().codec(codec);
    for (int i = 0; i < count; i++) {
      builder.append(NOW + i, bytes("key" + i), bytes("some value of record " + i));
    }
    return builder.build();
  }

  /** About {@code size} bytes of records with values of {@code valueSize} random bytes. */
  static ByteBuffer filled(Codec codec, int size, int valueSize) {
    Random random = new Random(1);
    BatchBuilder builder = new BatchBuilder().codec(codec);
    byte[] value = new byte[valueSize];
    while (builder.uncompressedBytes() + valueSize + 12 < size) {
      random.nextBytes(value);
      builder.append(NOW + builder.count() / 10, null, value);
    }
    return builder.build();
  }

  /** A batch around any bytes in place of records, with a right CRC. */
  static ByteBuffer around(byte[] records, int count, Codec codec) {
    ByteBufferOutputStream sink = new ByteBufferOutputStream(RecordBatch.HEADER_SIZE + 64);
    sink.position(RecordBatch.HEADER_SIZE);
    try (OutputStream out = Compressions.of(codec).wrapForOutput(sink, RecordBatch.MAGIC)) {
      out.write(records);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ByteBuffer buffer = sink.buffer().duplicate().flip();
    byte[] compressed = new byte[buffer.limit() - RecordBatch.HEADER_SIZE];
    buffer.get(RecordBatch.HEADER_SIZE, compressed);
    return aroundCompressed(compressed, count, codec);
  }

  /** A batch around any bytes in place of compressed records, with a right CRC. */
  static ByteBuffer aroundCompressed(byte[] compressed, int count, Codec codec) {
    ByteBuffer header = new BatchBuilder().append(NOW, null, null).build();
    ByteBuffer batch = ByteBuffer.allocate(RecordBatch.HEADER_SIZE + compressed.length);
    batch.put(0, header, 0, RecordBatch.HEADER_SIZE);
    batch.put(RecordBatch.HEADER_SIZE, compressed);
    batch.putInt(RecordBatch.LENGTH_AT, batch.limit() - RecordBatch.LOG_OVERHEAD);
    batch.putShort(RecordBatch.ATTRIBUTES_AT, (short) codec.id());
    batch.putInt(RecordBatch.LAST_OFFSET_DELTA_AT, count - 1);
    batch.putInt(RecordBatch.COUNT_AT, count);
    RecordBatch.updateCrc(batch, 0);
    return batch;
  }

  /** The uncompressed bytes of all records of a batch. */
  static byte[] recordBytes(ByteBuffer batch) {
    byte[] bytes = new byte[batch.remaining() - RecordBatch.HEADER_SIZE];
    batch.get(batch.position() + RecordBatch.HEADER_SIZE, bytes);
    return bytes;
  }

  /** The same bytes in direct memory, with others before them. */
  static ByteBuffer direct(ByteBuffer batch) {
    ByteBuffer direct = ByteBuffer.allocateDirect(13 + batch.remaining());
    direct.put(13, batch, batch.position(), batch.remaining());
    return direct.position(13);
  }

  static ByteBuffer copy(ByteBuffer batch) {
    ByteBuffer copy = ByteBuffer.allocate(batch.remaining());
    return copy.put(0, batch, batch.position(), batch.remaining());
  }

  /** Writes records field by field, so that any field can be wrong. */
  static final class Raw {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);

    Raw varint(int value) {
      try {
        ByteUtils.writeVarint(value, out);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return this;
    }

    Raw raw(int... octets) {
      for (int octet : octets) {
        bytes.write(octet);
      }
      return this;
    }

    /** The fields from attributes on, with their length before them. */
    Raw record(Raw body) {
      return varint(body.bytes.size()).raw(body.octets());
    }

    private int[] octets() {
      byte[] all = bytes.toByteArray();
      int[] octets = new int[all.length];
      for (int i = 0; i < all.length; i++) {
        octets[i] = all[i] & 0xff;
      }
      return octets;
    }

    byte[] toBytes() {
      return bytes.toByteArray();
    }
  }

  /** Some record: nulls, empties, headers, odd timestamps. */
  static void appendAny(BatchBuilder builder, Random random, boolean keyed) {
    byte[] key = keyed || random.nextInt(3) > 0 ? anyBytes(random) : null;
    byte[] value = random.nextInt(4) > 0 ? anyBytes(random) : null;
    List<LogRecord.Header> headers = new ArrayList<>();
    while (random.nextInt(3) == 0) {
      headers.add(
          new LogRecord.Header(
              "h" + random.nextInt(200),
              random.nextBoolean() ? ByteBuffer.wrap(anyBytes(random)) : null));
    }
    long timestamp =
        switch (random.nextInt(12)) {
          case 0 -> -1L;
          case 1 -> NOW - random.nextInt(Integer.MAX_VALUE);
          case 2 -> NOW + random.nextInt(7_200_000);
          default -> NOW + random.nextInt(20_000) - 10_000;
        };
    builder.append(timestamp, key, value, headers);
  }

  private static byte[] anyBytes(Random random) {
    byte[] bytes =
        new byte
            [switch (random.nextInt(60)) {
              case 0, 5, 6 -> 0;
              case 1, 2, 3 -> 62 + random.nextInt(4);
              case 4 -> 8185 + random.nextInt(12);
              default -> random.nextInt(40);
            }];
    if (random.nextBoolean()) {
      random.nextBytes(bytes);
    }
    return bytes;
  }
}
