package io.millrace.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FrameDecoderTest {
  private static final int MAX = 4 << 20;

  private final List<ByteBuf> frames = new ArrayList<>();
  private final List<Integer> badLengths = new ArrayList<>();
  private final FrameDecoder decoder =
      new FrameDecoder(
          () -> MAX,
          UnpooledByteBufAllocator.DEFAULT,
          new FrameDecoder.Sink() {
            @Override
            public void onFrame(ByteBuf frame) {
              frames.add(frame);
            }

            @Override
            public void onBadLength(int length) {
              badLengths.add(length);
            }
          });

  @AfterEach
  void releaseFrames() {
    frames.forEach(ByteBuf::release);
    decoder.close();
  }

  private static ByteBuf framed(byte[]... bodies) {
    ByteBuf buffer = Unpooled.buffer();
    for (byte[] body : bodies) {
      buffer.writeInt(body.length).writeBytes(body);
    }
    return buffer;
  }

  private static byte[] bytes(int length, int seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static byte[] read(ByteBuf frame) {
    byte[] bytes = new byte[frame.readableBytes()];
    frame.getBytes(frame.readerIndex(), bytes);
    return bytes;
  }

  @Test
  void shouldSliceFramesOfOneReadWithoutCopying() {
    byte[] first = bytes(10, 1);
    byte[] second = bytes(300, 2);
    ByteBuf in = framed(first, second);

    decoder.feed(in);

    assertThat(frames).extracting(FrameDecoderTest::read).containsExactly(first, second);
    assertThat(frames).allSatisfy(frame -> assertThat(frame.array()).isSameAs(in.array()));
  }

  @Test
  void shouldFindTheSameFramesHoweverTheBytesAreCut() {
    byte[] first = bytes(5, 1);
    byte[] second = bytes(40, 2);
    byte[] third = bytes(1, 3);
    ByteBuf all = framed(first, second, third);
    for (int cut = 1; cut < all.readableBytes(); cut++) {
      frames.forEach(ByteBuf::release);
      frames.clear();
      ByteBuf copy = all.copy();
      decoder.feed(copy.readRetainedSlice(cut));
      decoder.feed(copy);
      assertThat(frames)
          .as("cut at %d", cut)
          .extracting(FrameDecoderTest::read)
          .containsExactly(first, second, third);
    }
    all.release();
  }

  @Test
  void shouldCollectAFrameByteByByte() {
    byte[] body = bytes(100, 1);
    ByteBuf all = framed(body);
    while (all.isReadable()) {
      decoder.feed(all.readRetainedSlice(1));
    }
    all.release();

    assertThat(frames).extracting(FrameDecoderTest::read).containsExactly(body);
    assertThat(decoder.midFrame()).isFalse();
  }

  @Test
  void shouldNotAllocateALargeFrameOnTheWordOfItsLength() {
    ByteBuf in = Unpooled.buffer().writeInt(MAX).writeByte(1);
    decoder.feed(in);

    assertThat(decoder.midFrame()).isTrue();
    assertThat(decoder.collectingBytes()).isLessThanOrEqualTo(8 << 10);
  }

  @Test
  void shouldNotCopyAFrameThatIsALittleLargerThanTheLast() {
    decoder.feed(framed(bytes(200_000, 1)));

    ByteBuf in = framed(bytes(230_000, 2));
    decoder.feed(in.readRetainedSlice(1_000));
    in.release();

    assertThat(decoder.collectingBytes()).isEqualTo(230_000);
  }

  @Test
  void shouldRefuseLengthsThatAreImpossible() {
    for (int length : new int[] {0, -1, Integer.MIN_VALUE, MAX + 1, Integer.MAX_VALUE}) {
      badLengths.clear();
      FrameDecoder fresh =
          new FrameDecoder(
              () -> MAX,
              UnpooledByteBufAllocator.DEFAULT,
              new FrameDecoder.Sink() {
                @Override
                public void onFrame(ByteBuf frame) {
                  frames.add(frame);
                }

                @Override
                public void onBadLength(int bad) {
                  badLengths.add(bad);
                }
              });
      ByteBuf in = Unpooled.buffer().writeInt(length).writeInt(3).writeInt(3);
      fresh.feed(in);
      assertThat(badLengths).containsExactly(length);
      assertThat(frames).isEmpty();
    }
  }

  @Test
  void shouldTakeBytesThatWereReadIntoTheFrameItself() {
    byte[] large = bytes(300_000, 5);
    ByteBuf in = framed(large, bytes(10, 6));
    decoder.feed(in.readRetainedSlice(1_000));
    assertThat(decoder.target()).isNotNull().satisfies(ByteBuf::release);

    while (frames.isEmpty()) {
      ByteBuf target = decoder.target();
      int part = Math.min(target.writableBytes(), 70_000);
      target.writeBytes(in, part);
      assertThat(decoder.feed(target)).isEqualTo(part);
    }

    assertThat(read(frames.get(0))).isEqualTo(large);
    assertThat(frames.get(0).refCnt()).as("references, all of them the receiver's").isOne();
    assertThat(decoder.target()).as("at the end of the frame").isNull();
    assertThat(decoder.lastFrameBytes()).isEqualTo(300_000);
    decoder.feed(in);
    assertThat(frames).hasSize(2);
  }

  @Test
  void shouldNotOfferRoomBeyondTheFrame() {
    decoder.feed(framed(bytes(2_000_000, 7)).slice(0, 100));

    ByteBuf target = decoder.target();

    assertThat(target.maxWritableBytes()).isEqualTo(2_000_000 - 96);
    target.release();
  }
}
