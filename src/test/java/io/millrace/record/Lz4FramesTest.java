package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Lz4FramesTest {
  private static final int ROOM = 61;

  private final Lz4Frames frames = new Lz4Frames();

  /** Bytes of which LZ4 can save something, except in some blocks. */
  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    Random random = new Random(length);
    random.nextBytes(bytes);
    for (int i = 0; i < length; i++) {
      if (i >> 16 != 1) {
        bytes[i] &= 3;
      }
    }
    return bytes;
  }

  private static byte[] ofKafka(byte[] plain, int from, int length) throws IOException {
    ByteBufferOutputStream sink = new ByteBufferOutputStream(512);
    try (OutputStream out = Compression.lz4().build().wrapForOutput(sink, RecordBatch.MAGIC)) {
      out.write(plain, from, length);
    }
    return array(sink.buffer().flip(), 0);
  }

  private static byte[] array(ByteBuffer buffer, int from) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(buffer.array(), buffer.arrayOffset() + from, buffer.limit() - from);
    return out.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 12, 500, 65_535, 65_536, 65_537, 131_072, 300_000, 6_000_000})
  void shouldWriteWhatKafkaWrites(int length) throws IOException {
    byte[] plain = bytes(length + 10);

    ByteBuffer frame = frames.encode(plain, 7, length, ROOM);

    assertThat(frame.position()).isZero();
    assertThat(array(frame, ROOM)).isEqualTo(ofKafka(plain, 7, length));
  }

  @Test
  void shouldWriteOneFrameAfterTheOther() throws IOException {
    for (int length : new int[] {70_000, 3, 70_000, 5_000_000, 100}) {
      byte[] plain = bytes(length);
      ByteBuffer frame = frames.encode(plain, 0, length, ROOM);

      assertThat(array(frame, ROOM)).isEqualTo(ofKafka(plain, 0, length));
    }
  }

  @Test
  void shouldKeepItsMemoryButNotThatOfAHugeBatch() {
    byte[] large = bytes(8_000_000);
    byte[] huge = frames.encode(large, 0, large.length, ROOM).array();
    byte[] small = frames.encode(large, 0, 1000, ROOM).array();

    assertThat(small).hasSizeLessThan(huge.length);
    assertThat(frames.encode(large, 0, 900, ROOM).array()).isSameAs(small);
    Arrays.fill(small, (byte) 0);
    assertThat(frames.encode(large, 0, 900, ROOM).order(ByteOrder.LITTLE_ENDIAN).getInt(ROOM))
        .isEqualTo(0x184d2204);
  }

  @Test
  void shouldTakeLittleMemoryForWhatBecomesSmall() {
    byte[] zeros = new byte[64 << 20];

    ByteBuffer frame = frames.encode(zeros, 0, zeros.length, ROOM);

    assertThat(frame.capacity()).isLessThan(2 * frame.limit() + (128 << 10));
  }
}
