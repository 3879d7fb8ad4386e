package io.millrace.record;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;

/**
 * Writes what {@code Lz4BlockOutputStream} of Kafka's clients writes, byte for byte, with memory
 * that it keeps: the stream takes 128 KiB anew for each batch, however small that is, which a log
 * of small batches that is compacted makes many times its own size of garbage.
 *
 * <p>A frame has a header, blocks of at most 64 KiB, each compressed by itself unless that would
 * not make it smaller, and an end mark; all numbers are little endian. Source: the description of
 * the LZ4 frame format 1.6.
 *
 * <p>Owner: whoever made it.
 */
final class Lz4Frames {
  private static final int BLOCK_BYTES = 64 << 10;

  /** Magic; version 1 with independent blocks; blocks of 64 KiB; checksum of these two bytes. */
  private static final byte[] HEADER = {0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, (byte) 0x82};

  private static final int NOT_COMPRESSED = 1 << 31;
  private static final int LARGEST_KEPT = 4 << 20;

  private final LZ4Compressor compressor = LZ4Factory.fastestInstance().fastCompressor();
  private final int mostOfBlock = compressor.maxCompressedLength(BLOCK_BYTES);

  /**
   * Grows with what is written: most that is large before it is compressed is small afterwards, and
   * whoever made it so may have meant harm.
   */
  private ByteBuffer frame = ByteBuffer.allocate(0);

  /**
   * The frame of {@code length} bytes.
   *
   * @param room so many bytes before the frame are left to the caller
   * @return position 0, the frame from {@code room} to the limit; until the next call
   */
  ByteBuffer encode(byte[] plain, int from, int length, int room) {
    if (frame.capacity() > LARGEST_KEPT) {
      frame = ByteBuffer.allocate(0);
    }
    frame.clear();
    makeRoom(room + HEADER.length);
    frame.position(room).put(HEADER);
    for (int at = from; at < from + length; at += BLOCK_BYTES) {
      block(plain, at, Math.min(BLOCK_BYTES, from + length - at));
    }
    return frame.order(ByteOrder.LITTLE_ENDIAN).putInt(0).flip().order(ByteOrder.BIG_ENDIAN);
  }

  /** For so many bytes, and what may follow them: an end mark. */
  private void makeRoom(int bytes) {
    int needed = Math.addExact(frame.position(), bytes + Integer.BYTES);
    if (frame.capacity() < needed) {
      int larger = (int) Math.min(Integer.MAX_VALUE - 8, 2L * frame.capacity());
      frame = ByteBuffer.allocate(Math.max(needed, larger)).put(frame.flip());
    }
  }

  private void block(byte[] plain, int at, int length) {
    makeRoom(Integer.BYTES + mostOfBlock);
    frame.order(ByteOrder.LITTLE_ENDIAN);
    int start = frame.position() + Integer.BYTES;
    int to = frame.arrayOffset() + start;
    int compressed = compressor.compress(plain, at, length, frame.array(), to, mostOfBlock);
    if (compressed < length) {
      frame.putInt(compressed).position(start + compressed);
    } else {
      frame.putInt(length | NOT_COMPRESSED).put(plain, at, length);
    }
  }
}
