package io.millrace.client;

import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Memory outside the heap for large frames, which is used again and again: what lies in it can be
 * written to a file without another copy. Who does not give a frame back leaves it to the garbage
 * collector.
 *
 * <p>Owner: any thread.
 */
final class FramePool {
  private static final int SMALLEST_BITS = 16;
  private static final int LARGEST_BITS = 24;

  /** Smaller frames are cheaper on the heap. */
  static final int SMALLEST = 1 << SMALLEST_BITS;

  static final int LARGEST = 1 << LARGEST_BITS;

  /**
   * What nobody uses at the moment; more is left to the garbage collector, which does not see how
   * large it is. There is no more than was in use at one time: that is enough for the largest
   * answers of several leaders.
   */
  private static final long MAX_IDLE_BYTES = 128L << 20;

  /** By size, each a power of two. */
  private final Queue<ByteBuffer>[] idle = queues();

  // Invariant: of all buffers in idle, and of those that are about to be put there.
  private final AtomicLong idleBytes = new AtomicLong();
  private final long maxIdleBytes;

  FramePool() {
    this(MAX_IDLE_BYTES);
  }

  FramePool(long maxIdleBytes) {
    this.maxIdleBytes = maxIdleBytes;
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // There are no generic arrays.
  private static Queue<ByteBuffer>[] queues() {
    return IntStream.rangeClosed(SMALLEST_BITS, LARGEST_BITS)
        .mapToObj(any -> new ConcurrentLinkedQueue<ByteBuffer>())
        .toArray(Queue[]::new);
  }

  /**
   * Memory with room for so many bytes; its limit is there. null = this is no size for the pool.
   */
  ByteBuffer take(int bytes) {
    if (bytes < SMALLEST || bytes > LARGEST) {
      return null;
    }
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(bytes - 1);
    ByteBuffer frame = idle[bits - SMALLEST_BITS].poll();
    if (frame == null) {
      frame = ByteBuffer.allocateDirect(1 << bits);
    } else {
      idleBytes.addAndGet(-frame.capacity());
    }
    return frame.clear().limit(bytes);
  }

  /** Nobody reads what was taken, nor any slice of it, from now on. To be called once. */
  void give(ByteBuffer frame) {
    int bytes = frame.capacity();
    if (idleBytes.addAndGet(bytes) > maxIdleBytes) {
      idleBytes.addAndGet(-bytes);
    } else {
      idle[Integer.numberOfTrailingZeros(bytes) - SMALLEST_BITS].add(frame);
    }
  }
}
