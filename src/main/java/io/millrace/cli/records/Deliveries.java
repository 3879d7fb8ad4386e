package io.millrace.cli.records;

import java.time.Duration;

/**
 * Counts what was sent and is not acknowledged yet, and remembers the first failure.
 *
 * <p>Owner: any thread.
 */
final class Deliveries {
  /**
   * A record that was not written.
   *
   * @param line its number, from 1
   */
  record Failed(long line, Exception reason) {}

  // Invariant: records sent, less those acknowledged or failed.
  private long pending;
  private long lastNanos = System.nanoTime();
  private Failed failed;

  synchronized void sending() {
    pending++;
    lastNanos = System.nanoTime();
  }

  /** One is acknowledged, or failed for a reason. */
  synchronized void onCompletion(long line, Exception reason) {
    pending--;
    lastNanos = System.nanoTime();
    if (reason != null && failed == null) {
      failed = new Failed(line, reason);
    }
    notifyAll();
  }

  /** null = none has failed so far. */
  synchronized Failed failed() {
    return failed;
  }

  /**
   * Waits until nothing is pending.
   *
   * @param patience for each next acknowledgement
   * @return false = none has come for so long
   */
  synchronized boolean await(Duration patience) throws InterruptedException {
    while (pending > 0) {
      long leftMs = patience.minusNanos(System.nanoTime() - lastNanos).toMillis();
      if (leftMs <= 0) {
        return false;
      }
      wait(leftMs);
    }
    return true;
  }
}
