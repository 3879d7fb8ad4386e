package io.millrace.network;

import io.millrace.model.Loop;
import io.millrace.quota.ClientQuotas;
import io.millrace.quota.ClientUse;
import java.util.concurrent.TimeUnit;

/**
 * Holds a connection back whose client is over a quota: no request of it is begun, and it is not
 * read from, until the time is over that it was told (KIP-219). What it has asked before is
 * answered.
 *
 * <p>Owner: connection loop.
 */
final class Throttle {
  /** After so long it is looked whether the quota is still the same. */
  private static final int LOOK_MS = 500;

  private final ClientQuotas quotas;
  private final Loop loop;
  private final Runnable onOver;
  private ClientUse use = ClientUse.NONE;

  // Invariant: a timer runs exactly while it is on; the last one of a closed connection is not
  // followed by another.
  private boolean on;
  private boolean closed;
  private long untilNanos;
  private ClientUse held;
  private String heldId;

  /**
   * Not held back.
   *
   * @param onOver the connection may go on
   */
  Throttle(ClientQuotas quotas, Loop loop, Runnable onOver) {
    this.quotas = quotas;
    this.loop = loop;
    this.onOver = onOver;
  }

  /** The quotas for the next request. */
  ClientUse use(String clientId, long nowNanos) {
    use = quotas.of(use, ClientQuotas.ANONYMOUS, clientId, nowNanos);
    return use;
  }

  boolean isOn() {
    return on;
  }

  /** Holds it back from now on, for at least so long. */
  void hold(String clientId, ClientUse by, int ms) {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
    held = by;
    heldId = clientId;
    if (!on) {
      on = true;
      untilNanos = until;
      loop.schedule(Math.min(ms, LOOK_MS), this::look);
    } else if (until - untilNanos > 0) {
      untilNanos = until;
    }
  }

  /**
   * The connection has ended. Nobody waits any more for a time that can be days, and that the timer
   * would keep the connection in memory for.
   */
  void close() {
    closed = true;
  }

  private void look() {
    if (closed) {
      return;
    }
    long now = System.nanoTime();
    long leftMs = TimeUnit.NANOSECONDS.toMillis(untilNanos - now + 999_999);
    // A quota that was changed or removed no longer counts.
    boolean changed = quotas.of(held, ClientQuotas.ANONYMOUS, heldId, now) != held;
    if (leftMs > 0 && !changed) {
      loop.schedule(Math.min(leftMs, LOOK_MS), this::look);
    } else {
      on = false;
      held = null;
      onOver.run();
    }
  }
}
