package io.millrace.network;

import io.millrace.model.Loop;
import io.netty.channel.ChannelConfig;
import java.util.function.BooleanSupplier;

/**
 * Whether a connection is read from: not while it has enough to do, and not while there is no room
 * for more in the memory of requests. Accounts for the memory of a request that has arrived in
 * part, and knows when such a request is too slow.
 *
 * <p>Owner: connection loop.
 */
final class Muting {
  /** While memory is short, a request that arrives more slowly ends its connection. */
  static final long MIN_BYTES_PER_S = 64 * 1024;

  /** Time that a request has before it can be too slow. */
  private static final long MIN_ARRIVAL_NANOS = 2_000_000_000L;

  private static final int MEMORY_CHECK_MS = 5;

  private final RequestMemory memory;
  private final FrameDecoder decoder;
  private final ChannelConfig channel;
  private final Loop loop;
  private final BooleanSupplier wantsMore;

  private boolean muted;
  private boolean memoryCheckScheduled;
  // Bytes of memory that a request has which has arrived in part.
  private int arriving;
  // For how long that request was read, and since when it is read again.
  private long arrivalNanos;
  private long readSinceNanos;

  /**
   * A connection that is read from.
   *
   * @param wantsMore whether the connection can take more requests; false for good once it ends
   */
  Muting(
      RequestMemory memory,
      FrameDecoder decoder,
      ChannelConfig channel,
      Loop loop,
      BooleanSupplier wantsMore) {
    this.memory = memory;
    this.decoder = decoder;
    this.channel = channel;
    this.loop = loop;
    this.wantsMore = wantsMore;
  }

  /** The decoder has got bytes, or was closed. */
  void onDecoded() {
    int now = decoder.collectingBytes();
    if (now != arriving) {
      if (arriving == 0) {
        arrivalNanos = 0;
        readSinceNanos = System.nanoTime();
      }
      memory.onPartsChanged(now - arriving);
      arriving = now;
    }
  }

  /** A request is here as a whole. */
  void onFrame(int bytes) {
    memory.reserve(bytes);
    memory.endTurn(this);
  }

  /** The decoder was closed: what arrived in part is gone. */
  void end() {
    onDecoded();
    memory.endTurn(this);
  }

  /** Whether the request that arrives does so too slowly, while others wait for its memory. */
  boolean isTooSlow(long nowNanos) {
    if (arriving == 0 || memory.hasRoomForParts()) {
      return false;
    }
    long nanos = arrivalNanos + (muted ? 0 : nowNanos - readSinceNanos);
    return nanos > MIN_ARRIVAL_NANOS && decoder.arrivedBytes() < nanos / 1e9 * MIN_BYTES_PER_S;
  }

  /** Reads no more, until {@link #unmute}. */
  void mute() {
    if (!muted) {
      muted = true;
      arrivalNanos += System.nanoTime() - readSinceNanos;
      channel.setAutoRead(false);
    }
  }

  /** Reads on if more is wanted, as soon as there is room. */
  void unmute() {
    if (!muted || !wantsMore.getAsBoolean()) {
      return;
    }
    // A turn is taken only here, after a wait: whoever has just had one is not before the others.
    if (hasRoom() || (arriving > 0 && memory.takeTurn(this))) {
      muted = false;
      readSinceNanos = System.nanoTime();
      channel.setAutoRead(true);
    } else {
      scheduleMemoryCheck();
    }
  }

  /** Reads no more for the moment if there is no room. */
  void checkMemory() {
    if (!muted && !hasRoom() && !memory.hasTurn(this)) {
      mute();
      scheduleMemoryCheck();
    }
  }

  private boolean hasRoom() {
    if (arriving == 0) {
      return memory.hasRoom();
    }
    // What goes into memory that it has already is read in any case.
    return !decoder.full() || memory.hasRoomForParts();
  }

  private void scheduleMemoryCheck() {
    if (!memoryCheckScheduled) {
      memoryCheckScheduled = true;
      loop.schedule(
          MEMORY_CHECK_MS,
          () -> {
            memoryCheckScheduled = false;
            unmute();
          });
    }
  }
}
