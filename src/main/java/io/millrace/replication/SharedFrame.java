package io.millrace.replication;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The memory of an answer of which several logs take their parts: it is given back when the last
 * one has.
 *
 * <p>Owner: any thread.
 */
final class SharedFrame {
  private final Runnable giveBack;
  // Of those who may read it; whoever made it is one.
  private final AtomicInteger holders = new AtomicInteger(1);

  /** Held by whoever makes it, until {@link #release}. */
  SharedFrame(Runnable giveBack) {
    this.giveBack = giveBack;
  }

  /** For one more who reads it: to be run when it is needed no more; a second time does nothing. */
  Runnable share() {
    holders.incrementAndGet();
    AtomicBoolean held = new AtomicBoolean(true);
    return () -> {
      if (held.compareAndSet(true, false)) {
        release();
      }
    };
  }

  /** Whoever made it has shared it with all. */
  void release() {
    if (holders.decrementAndGet() == 0) {
      giveBack.run();
    }
  }
}
