package io.millrace.network;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.IntSupplier;

/**
 * Cuts the bytes of a connection into frames:
 *
 * <pre>
 *  0        4
 *  +--------+----------------------+
 *  | length | request, length bytes|
 *  +--------+----------------------+
 * </pre>
 *
 * <p>A frame that lies within one read is a retained slice of it and is never copied; a larger one
 * is collected in one buffer of its own, into which the socket is read ({@link #target}). That
 * buffer is not allocated in full on the word of a length field: it grows with the bytes that have
 * arrived, and begins with more only if the connection's last frame was large.
 *
 * <p>Owner: connection loop.
 */
final class FrameDecoder {
  /** Up to this size any frame's buffer is allocated at once. */
  private static final int FIRST_ALLOCATION = 8 * 1024;

  /** Up to this size it is for a connection whose last frame was half as large or larger. */
  private static final int MAX_FIRST_ALLOCATION = 1 << 20;

  private static final int MAX_GROWTH = 4 << 20;

  /** Who takes the frames. */
  interface Sink {
    /**
     * A whole frame without its length field. The receiver releases it, and has its only reference:
     * when it is released for the last time, its memory is free.
     */
    void onFrame(ByteBuf frame);

    /** The length field is impossible; nothing more can be read from this connection. */
    void onBadLength(int length);
  }

  private final IntSupplier maxFrameBytes;
  private final ByteBufAllocator allocator;
  private final Sink sink;

  private int lengthBytes;
  private int length;
  // null = no frame is being collected.
  private ByteBuf collecting;
  // Bytes of the frame that had arrived when its buffer was last given out as target.
  private int collectedBefore;
  private int lastFrameBytes;
  private boolean broken;

  FrameDecoder(IntSupplier maxFrameBytes, ByteBufAllocator allocator, Sink sink) {
    this.maxFrameBytes = maxFrameBytes;
    this.allocator = allocator;
    this.sink = sink;
  }

  /**
   * The frame that is being collected, retained, as the place for the next bytes; null = they may
   * go anywhere. What was read into it is then given to {@link #feed} as it is.
   */
  ByteBuf target() {
    if (collecting == null) {
      return null;
    }
    collectedBefore = collecting.readableBytes();
    if (full()) {
      int growth = Math.min(MAX_GROWTH, Math.max(FIRST_ALLOCATION, collecting.capacity()));
      collecting.capacity(collecting.capacity() + Math.min(missing(), growth));
    }
    return collecting.retain();
  }

  /** Whether the next bytes take more memory than the frame has now. */
  boolean full() {
    return collecting != null && !collecting.isWritable();
  }

  /** Length of the last complete frame in bytes; 0 = there was none. */
  int lastFrameBytes() {
    return lastFrameBytes;
  }

  /** Takes what was read, and releases it. Returns the number of new bytes. */
  @SuppressWarnings("ReferenceEquality") // The very buffer that target() gave out.
  int feed(ByteBuf in) {
    if (in == collecting) {
      int arrived = collecting.readableBytes() - collectedBefore;
      // The reference of the read, before the frame is handed over.
      in.release();
      completeIfFull();
      return arrived;
    }
    int bytes = in.readableBytes();
    try {
      cut(in);
    } finally {
      in.release();
    }
    return bytes;
  }

  private void cut(ByteBuf in) {
    while (!broken && in.isReadable()) {
      if (collecting != null) {
        collect(in);
      } else if (lengthBytes == 0 && in.readableBytes() >= Integer.BYTES) {
        begin(in, in.readInt());
      } else {
        length = (length << Byte.SIZE) | in.readUnsignedByte();
        if (++lengthBytes == Integer.BYTES) {
          int complete = length;
          lengthBytes = 0;
          length = 0;
          begin(in, complete);
        }
      }
    }
  }

  private void begin(ByteBuf in, int frameLength) {
    if (frameLength <= 0 || frameLength > maxFrameBytes.getAsInt()) {
      broken = true;
      sink.onBadLength(frameLength);
    } else if (in.readableBytes() >= frameLength) {
      lastFrameBytes = frameLength;
      sink.onFrame(in.readRetainedSlice(frameLength));
    } else {
      // Frames of one client differ a little, and one that has to grow is copied.
      int usual =
          Math.min(2 * Math.min(lastFrameBytes, MAX_FIRST_ALLOCATION), MAX_FIRST_ALLOCATION);
      int first = Math.max(in.readableBytes(), Math.max(usual, FIRST_ALLOCATION));
      collecting = allocator.directBuffer(Math.min(frameLength, first), frameLength);
      collect(in);
    }
  }

  private void collect(ByteBuf in) {
    collecting.writeBytes(in, Math.min(missing(), in.readableBytes()));
    completeIfFull();
  }

  private int missing() {
    return collecting.maxCapacity() - collecting.readableBytes();
  }

  private void completeIfFull() {
    if (missing() == 0) {
      ByteBuf frame = collecting;
      collecting = null;
      lastFrameBytes = frame.readableBytes();
      sink.onFrame(frame);
    }
  }

  /** Bytes of memory that an unfinished frame takes. */
  int collectingBytes() {
    return collecting == null ? 0 : collecting.capacity();
  }

  /** Bytes of an unfinished frame that have arrived. */
  int arrivedBytes() {
    return collecting == null ? 0 : collecting.readableBytes();
  }

  /** Whether a frame has begun and is not complete. */
  boolean midFrame() {
    return collecting != null || lengthBytes > 0;
  }

  void close() {
    broken = true;
    if (collecting != null) {
      collecting.release();
      collecting = null;
    }
  }
}
