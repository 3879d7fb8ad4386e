package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.protocol.MalformedResponseException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameReaderTest {
  private final List<byte[]> frames = new ArrayList<>();
  private static final int MAX_BYTES = 1 << 20;

  private final Pooled memory = new Pooled(new FramePool());
  private final FrameReader reader = new FrameReader(MAX_BYTES, memory);

  private record Pooled(FramePool pool) implements FrameReader.Memory {
    @Override
    public ByteBuffer memory(int length) {
      return pool.take(length);
    }

    @Override
    public void giveBack(ByteBuffer frame) {
      pool.give(frame);
    }
  }

  /** All frames on the heap. */
  private static final class Heap implements FrameReader.Memory {
    @Override
    public ByteBuffer memory(int length) {
      return null;
    }

    @Override
    public void giveBack(ByteBuffer frame) {
      assertThat(frame.isDirect()).isFalse();
    }
  }

  private static byte[] bytes(int length, int seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private void take(ByteBuffer frame) {
    byte[] bytes = new byte[frame.remaining()];
    frame.get(bytes);
    frames.add(bytes);
  }

  @Test
  void shouldFindTheSameFramesHoweverTheBytesAreCut() {
    List<byte[]> bodies = List.of(bytes(1, 1), bytes(70, 2), bytes(300_000, 3), bytes(5, 4));
    ByteBuf all = Unpooled.buffer();
    bodies.forEach(body -> all.writeInt(body.length).writeBytes(body));
    FrameReader heap = new FrameReader(MAX_BYTES, new Heap());
    for (int step : new int[] {1, 3, 7, 1000, 65_536, 1 << 20}) {
      frames.clear();
      for (int at = 0; at < all.readableBytes(); at += step) {
        heap.read(all.slice(at, Math.min(step, all.readableBytes() - at)), this::take);
      }

      assertThat(frames).hasSameSizeAs(bodies);
      for (int i = 0; i < bodies.size(); i++) {
        assertThat(frames.get(i)).isEqualTo(bodies.get(i));
      }
    }
  }

  @Test
  void shouldReadLargeFramesToOtherMemory() {
    byte[] large = bytes(300_000, 3);
    byte[] small = bytes(500, 2);
    ByteBuf all =
        Unpooled.buffer()
            .writeInt(large.length)
            .writeBytes(large)
            .writeInt(small.length)
            .writeBytes(small);
    List<Boolean> direct = new ArrayList<>();
    while (all.isReadable()) {
      reader.read(
          all.readSlice(Math.min(70_001, all.readableBytes())),
          frame -> {
            direct.add(frame.isDirect());
            take(frame);
          });
    }

    assertThat(frames).containsExactly(large, small);
    assertThat(direct).containsExactly(true, false);
  }

  @Test
  void shouldRefuseImpossibleLengths() {
    for (int length : new int[] {0, -1, Integer.MIN_VALUE, MAX_BYTES + 1}) {
      assertThatThrownBy(
              () ->
                  new FrameReader(MAX_BYTES, new Heap())
                      .read(Unpooled.buffer().writeInt(length), this::take))
          .isInstanceOf(MalformedResponseException.class)
          .hasMessageContaining("a frame of " + length + " bytes");
    }
  }

  @Test
  void shouldGiveOutNothingAfterStop() {
    ByteBuf two = Unpooled.buffer().writeInt(1).writeByte(1).writeInt(1).writeByte(2);

    reader.read(
        two,
        frame -> {
          take(frame);
          reader.stop();
        });

    assertThat(frames).hasSize(1);
  }

  @Test
  void shouldGiveBackTheMemoryOfAFrameThatDoesNotEnd() {
    ByteBuf begun = Unpooled.buffer().writeInt(300_000).writeBytes(bytes(100, 1));
    reader.read(begun, this::take);

    reader.stop();

    ByteBuffer again = memory.pool.take(300_000);
    assertThat(again.get(0)).isEqualTo(bytes(1, 1)[0]);
    assertThat(frames).isEmpty();
  }
}
