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
  private ByteBuffer memory = ByteBuffer.allocate(0);

  /**
   * The frame of {@code length} bytes.
   *
   * @param room so many bytes before the frame are left to the caller
   * @return position 0, the frame from {@code room} to the limit; until the next call
   */
  ByteBuffer encode(byte[] plain, int from, int length, int room) {
    ByteBuffer out = memoryOf(room, length).position(room).put(HEADER);
    for (int at = from; at < from + length; at += BLOCK_BYTES) {
      block(plain, at, Math.min(BLOCK_BYTES, from + length - at), out);
    }
    return out.putInt(0).flip().order(ByteOrder.BIG_ENDIAN);
  }

  private ByteBuffer memoryOf(int room, int length) {
    int blocks = (length + BLOCK_BYTES - 1) / BLOCK_BYTES;
    int most =
        Math.addExact(
            room + HEADER.length + Integer.BYTES,
            Math.multiplyExact(blocks, Integer.BYTES + mostOfBlock));
    if (memory.capacity() < most || memory.capacity() > Math.max(most, LARGEST_KEPT)) {
      memory = ByteBuffer.allocate(most);
    }
    return memory.clear().order(ByteOrder.LITTLE_ENDIAN);
  }

  private void block(byte[] plain, int at, int length, ByteBuffer out) {
    int start = out.position() + Integer.BYTES;
    int to = out.arrayOffset() + start;
    int compressed = compressor.compress(plain, at, length, out.array(), to, mostOfBlock);
    if (compressed < length) {
      out.putInt(compressed).position(start + compressed);
    } else {
      out.putInt(length | NOT_COMPRESSED).put(plain, at, length);
    }
  }
}
