package io.millrace.network;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the bytes of requests that are in memory at once ({@code queued.max.request.bytes}).
 * Connections that find it full stop reading until there is room; one request is always let in, so
 * that none is too large for an idle node.
 *
 * <p>Owner: any thread.
 */
public final class RequestMemory {
  private final long maxBytes;
  // Invariant: sum of what is reserved and not yet released.
  private final AtomicLong used = new AtomicLong();

  public RequestMemory(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Whether a connection should read on. */
  boolean hasRoom() {
    return used.get() < maxBytes;
  }

  void reserve(long bytes) {
    used.addAndGet(bytes);
  }

  void release(long bytes) {
    used.addAndGet(-bytes);
  }

  public long usedBytes() {
    return used.get();
  }
}
