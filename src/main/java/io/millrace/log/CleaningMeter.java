package io.millrace.log;

import io.millrace.log.clean.CleanerThrottle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts what a round reads and writes, and waits as {@code log.cleaner.io.max.bytes.per.second}
 * wants it: in short steps, so that the end of the round or another rate acts at once.
 *
 * <p>Owner: log directory worker; counts from any thread.
 */
final class CleaningMeter {
  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final CleanerThrottle throttle;
  private final CleanerFigures figures;

  /** Throws if the round is to end. */
  private final Runnable check;

  private final AtomicLong readBytes = new AtomicLong();
  private final AtomicLong writtenBytes = new AtomicLong();

  CleaningMeter(CleanerResources resources, Runnable check) {
    this.throttle = resources.throttle();
    this.figures = resources.figures();
    this.check = check;
  }

  long readBytes() {
    return readBytes.get();
  }

  long writtenBytes() {
    return writtenBytes.get();
  }

  void onRead(int bytes) {
    readBytes.addAndGet(bytes);
    pause(bytes);
  }

  void onWritten(int bytes) {
    writtenBytes.addAndGet(bytes);
    pause(bytes);
  }

  private void pause(int bytes) {
    long begun = System.nanoTime();
    double rate = throttle.rate();
    long until = throttle.onBytes(bytes, begun);
    long now = begun;
    while (until - now > 0 && throttle.rate() == rate) {
      check.run();
      LockSupport.parkNanos(this, Math.min(STEP_NANOS, until - now));
      now = System.nanoTime();
    }
    if (now != begun) {
      figures.onThrottled(TimeUnit.NANOSECONDS.toMillis(now - begun));
    }
  }
}
