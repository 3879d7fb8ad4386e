package io.millrace.quorum;

import io.vertx.core.Vertx;

/**
 * Runs a task at a time that may be moved forward. One that is too early costs less than to set a
 * new timer whenever the time moves back, so it is not moved back: the task looks for itself.
 *
 * <p>Owner: quorum context.
 */
final class Wakeup {
  private static final long NONE = -1;

  private final Vertx vertx;
  private final Runnable task;
  private long timer = NONE;

  /** Invariant: when the timer fires, if there is one. */
  private long timerAtMs;

  Wakeup(Vertx vertx, Runnable task) {
    this.vertx = vertx;
    this.task = task;
  }

  /** Runs the task once, at this time at the latest; both are of the same monotonic clock. */
  void by(long atMs, long nowMs) {
    if (timer != NONE && timerAtMs <= atMs) {
      return;
    }
    cancel();
    timerAtMs = atMs;
    timer =
        vertx.setTimer(
            Math.max(1, atMs - nowMs),
            ignored -> {
              timer = NONE;
              task.run();
            });
  }

  void cancel() {
    if (timer != NONE) {
      vertx.cancelTimer(timer);
      timer = NONE;
    }
  }
}
