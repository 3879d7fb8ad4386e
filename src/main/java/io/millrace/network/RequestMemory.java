package io.millrace.network;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Bounds the bytes of requests that are in memory at once ({@code queued.max.request.bytes}): of
 * those that are here as a whole, and apart from them of those that have arrived in part, so that
 * slow senders do not keep out what comes whole. Connections that find no room stop reading until
 * there is some.
 *
 * <p>Requests that have arrived in part and find no room for the rest would wait for each other:
 * one connection at a time may read on until its request is complete. So none is too large either.
 *
 * <p>Owner: any thread.
 */
public final class RequestMemory {
  private final long maxBytes;
  // Invariant: sum of what is reserved and not yet released.
  private final AtomicLong whole = new AtomicLong();
  // Invariant: sum of the buffers in which requests are being collected.
  private final AtomicLong parts = new AtomicLong();
  // The connection that may read on; null = none.
  private final AtomicReference<Object> turn = new AtomicReference<>();

  public RequestMemory(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Whether a connection should read on. */
  boolean hasRoom() {
    return whole.get() < maxBytes;
  }

  /** Whether a connection should read on whose request has arrived in part. */
  boolean hasRoomForParts() {
    return parts.get() < maxBytes && hasRoom();
  }

  /** Whether it is this connection's turn to complete its request. */
  boolean hasTurn(Object connection) {
    return turn.get() == connection;
  }

  /** Whether it is this connection's turn to complete its request, from now on or still. */
  boolean takeTurn(Object connection) {
    return hasTurn(connection) || turn.compareAndSet(null, connection);
  }

  /** The connection has completed its request, or ends. */
  void endTurn(Object connection) {
    turn.compareAndSet(connection, null);
  }

  void reserve(long bytes) {
    whole.addAndGet(bytes);
  }

  void release(long bytes) {
    whole.addAndGet(-bytes);
  }

  /** The buffers in which requests are being collected have grown by so much, or shrunk. */
  void onPartsChanged(long bytes) {
    parts.addAndGet(bytes);
  }

  public long usedBytes() {
    return whole.get() + parts.get();
  }
}
