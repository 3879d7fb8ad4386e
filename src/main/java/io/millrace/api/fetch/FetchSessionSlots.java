package io.millrace.api.fetch;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds the fetch sessions of the node ({@code max.incremental.fetch.session.cache.slots}) and
 * names them. A connection that finds no slot free fetches without a session.
 *
 * <p>Owner: any thread.
 */
public final class FetchSessionSlots {
  private final int slots;
  // Invariant: sessions open now, never above slots.
  private final AtomicInteger used = new AtomicInteger();

  public FetchSessionSlots(int slots) {
    this.slots = slots;
  }

  /** A new session's id, positive; 0 = no slot is free. */
  int acquire() {
    while (true) {
      int now = used.get();
      if (now >= slots) {
        return FetchSession.NO_SESSION;
      }
      if (used.compareAndSet(now, now + 1)) {
        return ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE);
      }
    }
  }

  void release() {
    used.decrementAndGet();
  }

  /** Sessions open now. */
  public int used() {
    return used.get();
  }
}
