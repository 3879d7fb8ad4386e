package io.millrace.network;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import java.util.function.Supplier;

/**
 * Says where the next bytes of a connection are read to: into the frame that is being collected, so
 * that a large request is copied out of the socket once and then lies where it will be written
 * from; else into a buffer that adapts to what usually comes, up to 256 KiB, in which smaller
 * requests lie whole.
 *
 * <p>Behind a large frame only a little is read at first: the next one is probably as large, and
 * what came of it in another buffer would have to be copied.
 *
 * <p>Owner: connection loop.
 */
@SuppressWarnings("deprecation") // Netty wants its handle in this old form.
final class FrameReceiver implements RecvByteBufAllocator.ExtendedHandle {
  /** From this size on a frame is better read in two parts than copied. */
  private static final int LARGE_FRAME_BYTES = 64 * 1024;

  private static final int HEAD_BYTES = 1024;
  private static final AdaptiveRecvByteBufAllocator ADAPTIVE =
      new AdaptiveRecvByteBufAllocator(1024, 4096, 256 * 1024);

  /**
   * Makes the one receiver of a channel.
   *
   * @param decoder null while the connection is not set up
   *     <p>Owner: connection loop.
   */
  record Allocator(Supplier<FrameDecoder> decoder) implements RecvByteBufAllocator {
    @Override
    public Handle newHandle() {
      return new FrameReceiver(decoder, (ExtendedHandle) ADAPTIVE.newHandle());
    }
  }

  private final Supplier<FrameDecoder> decoder;
  private final RecvByteBufAllocator.ExtendedHandle adaptive;

  private FrameReceiver(
      Supplier<FrameDecoder> decoder, RecvByteBufAllocator.ExtendedHandle adaptive) {
    this.decoder = decoder;
    this.adaptive = adaptive;
  }

  @Override
  public ByteBuf allocate(ByteBufAllocator allocator) {
    FrameDecoder frames = decoder.get();
    if (frames == null) {
      return adaptive.allocate(allocator);
    }
    ByteBuf target = frames.target();
    if (target != null) {
      return target;
    }
    return frames.lastFrameBytes() >= LARGE_FRAME_BYTES
        ? allocator.ioBuffer(HEAD_BYTES)
        : adaptive.allocate(allocator);
  }

  @Override
  public int guess() {
    return adaptive.guess();
  }

  @Override
  public void reset(ChannelConfig config) {
    adaptive.reset(config);
  }

  @Override
  public void incMessagesRead(int count) {
    adaptive.incMessagesRead(count);
  }

  @Override
  public void lastBytesRead(int bytes) {
    adaptive.lastBytesRead(bytes);
  }

  @Override
  public int lastBytesRead() {
    return adaptive.lastBytesRead();
  }

  @Override
  public void attemptedBytesRead(int bytes) {
    adaptive.attemptedBytesRead(bytes);
  }

  @Override
  public int attemptedBytesRead() {
    return adaptive.attemptedBytesRead();
  }

  @Override
  public boolean continueReading() {
    return !mustGrow() && adaptive.continueReading();
  }

  @Override
  public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
    return !mustGrow() && adaptive.continueReading(maybeMoreData);
  }

  /** Then the connection first sees whether there is memory for more. */
  private boolean mustGrow() {
    FrameDecoder frames = decoder.get();
    return frames != null && frames.full();
  }

  @Override
  public void readComplete() {
    adaptive.readComplete();
  }
}
