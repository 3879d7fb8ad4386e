package io.millrace.log;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * Whether bytes of a log directory can be taken to be in the page cache because only a small part
 * of what the memory holds has been written since. Under memory pressure from outside it can be
 * wrong; then a loop waits for one read from the disk, after which nothing that was written before
 * is believed to be there any more.
 *
 * <p>Owner: any thread.
 */
final class Residency implements LongSupplier {
  private static final int SHARE_OF_MEMORY = 16;

  private final LongAdder written = new LongAdder();
  private final long budget;

  /** What was written up to this moment, by {@link #getAsLong}, may have been dropped. */
  private volatile long doubtedUpTo;

  Residency(long budget) {
    this.budget = budget;
  }

  /** A sixteenth of the memory that the process may use. */
  static long defaultBudget() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize()
        / SHARE_OF_MEMORY;
  }

  void onWritten(int bytes) {
    written.add(bytes);
  }

  /** Bytes written to the directory so far, at least 1. */
  @Override
  public long getAsLong() {
    return 1 + written.sum();
  }

  /**
   * Whether what was written at this moment, by {@link #getAsLong}, is still in memory; 0 = it was
   * before this process.
   */
  boolean covers(long writtenAt) {
    return writtenAt > doubtedUpTo && getAsLong() - writtenAt <= budget;
  }

  /** Reading what was believed to be in memory took as long as the disk takes. */
  void onSlowRead() {
    doubtedUpTo = getAsLong();
  }
}
