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
  private final FrameReader reader = new FrameReader(1 << 20, FrameReader.ON_THE_HEAP);

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

  private void read(ByteBuf in) {
    reader.read(in, this::take);
  }

  @Test
  void shouldFindTheSameFramesHoweverTheBytesAreCut() {
    List<byte[]> bodies = List.of(bytes(1, 1), bytes(70, 2), bytes(300_000, 3), bytes(5, 4));
    ByteBuf all = Unpooled.buffer();
    bodies.forEach(body -> all.writeInt(body.length).writeBytes(body));
    for (int step : new int[] {1, 3, 7, 1000, 65_536, 1 << 20}) {
      frames.clear();
      for (int at = 0; at < all.readableBytes(); at += step) {
        read(all.slice(at, Math.min(step, all.readableBytes() - at)));
      }

      assertThat(frames).hasSameSizeAs(bodies);
      for (int i = 0; i < bodies.size(); i++) {
        assertThat(frames.get(i)).isEqualTo(bodies.get(i));
      }
    }
  }

  @Test
  void shouldReadLargeFramesToOtherMemory() {
    FramePool pool = new FramePool();
    FrameReader other = new FrameReader(1 << 20, pool::take);
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
      other.read(
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
    for (int length : new int[] {0, -1, Integer.MIN_VALUE, (1 << 20) + 1}) {
      assertThatThrownBy(
              () ->
                  new FrameReader(1 << 20, FrameReader.ON_THE_HEAP)
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
}
