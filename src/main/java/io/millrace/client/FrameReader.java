package io.millrace.client;

import io.millrace.protocol.MalformedResponseException;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Cuts what another node sends into frames on the heap, which whoever gets them may keep. Memory is
 * taken for what has arrived, not for what a length field says.
 *
 * <p>Owner: connection loop.
 */
final class FrameReader {
  private static final int FIRST_ALLOCATION = 64 * 1024;

  private int maxFrameBytes;
  private int lengthBytes;
  private int length;
  // null = no frame has begun.
  private byte[] frame;
  private int filled;
  private boolean stopped;

  FrameReader(int maxFrameBytes) {
    this.maxFrameBytes = maxFrameBytes;
  }

  /** From the next frame on. */
  void maxFrameBytes(int bytes) {
    maxFrameBytes = bytes;
  }

  /** Gives out no further frame. */
  void stop() {
    stopped = true;
    frame = null;
  }

  /**
   * Takes bytes, and does not release them.
   *
   * @throws MalformedResponseException when a length field is impossible
   */
  void read(ByteBuf in, Consumer<ByteBuffer> sink) {
    while (!stopped && in.isReadable()) {
      if (frame == null) {
        readLength(in);
      } else {
        fill(in, sink);
      }
    }
  }

  private void readLength(ByteBuf in) {
    length = (length << Byte.SIZE) | in.readUnsignedByte();
    if (++lengthBytes == Integer.BYTES) {
      if (length <= 0 || length > maxFrameBytes) {
        throw new MalformedResponseException(
            "a frame of " + length + " bytes; allowed are 1 to " + maxFrameBytes);
      }
      frame = new byte[Math.min(length, Math.max(FIRST_ALLOCATION, in.readableBytes()))];
      filled = 0;
    }
  }

  private void fill(ByteBuf in, Consumer<ByteBuffer> sink) {
    if (filled == frame.length) {
      int doubled = frame.length > length / 2 ? length : frame.length * 2;
      frame = Arrays.copyOf(frame, doubled);
    }
    int now = Math.min(in.readableBytes(), frame.length - filled);
    in.readBytes(frame, filled, now);
    filled += now;
    if (filled == length) {
      ByteBuffer complete = ByteBuffer.wrap(frame);
      frame = null;
      length = 0;
      lengthBytes = 0;
      sink.accept(complete);
    }
  }
}
