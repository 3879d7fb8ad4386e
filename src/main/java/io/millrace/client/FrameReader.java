package io.millrace.client;

import io.millrace.protocol.MalformedResponseException;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Cuts what another node sends into frames. On the heap, where whoever gets them may keep them,
 * memory is taken for what has arrived, not for what a length field says.
 *
 * <p>Owner: connection loop.
 */
final class FrameReader {
  private static final int FIRST_ALLOCATION = 64 * 1024;

  /** What frames are read to. */
  interface Memory {
    /** For the next frame, with just this limit; null = it goes to the heap. */
    ByteBuffer memory(int length);

    /** The rest of a frame will not come: nobody needs what it was read to. */
    void giveBack(ByteBuffer frame);
  }

  private final Memory memory;
  private int maxFrameBytes;
  private int lengthBytes;
  private int length;
  // null = no frame has begun.
  private ByteBuffer frame;
  private boolean stopped;

  /** A reader at the beginning of a frame. */
  FrameReader(int maxFrameBytes, Memory memory) {
    this.maxFrameBytes = maxFrameBytes;
    this.memory = memory;
  }

  /** From the next frame on. */
  void maxFrameBytes(int bytes) {
    maxFrameBytes = bytes;
  }

  /** Gives out no further frame. */
  void stop() {
    stopped = true;
    if (frame != null) {
      memory.giveBack(frame);
      frame = null;
    }
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
      frame = memory.memory(length);
      if (frame == null) {
        frame =
            ByteBuffer.allocate(Math.min(length, Math.max(FIRST_ALLOCATION, in.readableBytes())));
      }
    }
  }

  private void fill(ByteBuf in, Consumer<ByteBuffer> sink) {
    if (!frame.hasRemaining()) {
      int doubled = frame.capacity() > length / 2 ? length : frame.capacity() * 2;
      frame = ByteBuffer.allocate(doubled).put(frame.flip());
    }
    int limit = frame.limit();
    frame.limit(Math.min(limit, frame.position() + in.readableBytes()));
    in.readBytes(frame);
    frame.limit(limit);
    if (frame.position() == length) {
      ByteBuffer complete = frame.flip();
      frame = null;
      length = 0;
      lengthBytes = 0;
      sink.accept(complete);
    }
  }
}
