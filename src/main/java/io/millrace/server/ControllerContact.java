package io.millrace.server;

import io.millrace.model.Clock;

/**
 * Whether a controller has answered this broker lately. When none has for {@code
 * broker.session.timeout.ms}, the controller, if there is one, has not heard of this broker for as
 * long, and has fenced it.
 *
 * <p>Owner: any thread.
 */
final class ControllerContact {
  private final Clock clock;
  private final long sessionNanos;
  private volatile long answeredNanos;

  /** A contact that begins now. */
  ControllerContact(Clock clock, long sessionTimeoutMs) {
    this.clock = clock;
    this.sessionNanos = sessionTimeoutMs * 1_000_000;
    this.answeredNanos = clock.nanos();
  }

  /** The controller has answered, or it is this node itself. */
  void onAnswer() {
    answeredNanos = clock.nanos();
  }

  /** Whether it has been silent for longer than a session lasts. */
  boolean isLost() {
    return clock.nanos() - answeredNanos > sessionNanos;
  }
}
