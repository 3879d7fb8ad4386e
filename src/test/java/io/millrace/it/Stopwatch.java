package io.millrace.it;

import java.util.concurrent.TimeUnit;

/**
 * Tells in the report of the tests how long something took; nothing is asserted about it, since the
 * machine may be busy.
 *
 * <p>Owner: its thread.
 */
final class Stopwatch {
  private final long startNanos = System.nanoTime();

  static Stopwatch start() {
    return new Stopwatch();
  }

  void print(String what) {
    long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    System.out.println("time: " + what + ": " + ms + " ms");
  }
}
