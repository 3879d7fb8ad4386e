package io.millrace.it;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assertions;

/**
 * Waits for conditions in other processes, which nobody signals to us.
 *
 * <p>Owner: any thread.
 */
final class Await {
  private static final long POLL_NS = 5_000_000;

  private Await() {}

  /** Returns as soon as the condition holds; fails the test when it does not in time. */
  static void until(String what, Duration within, BooleanSupplier condition) {
    until(() -> what, within, condition);
  }

  /**
   * Returns as soon as the condition holds.
   *
   * @param what describes the failure when the time is over
   */
  static void until(Supplier<String> what, Duration within, BooleanSupplier condition) {
    long deadline = System.nanoTime() + within.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        Assertions.fail("not within " + within + ": " + what.get());
      }
      LockSupport.parkNanos(POLL_NS);
    }
  }
}
