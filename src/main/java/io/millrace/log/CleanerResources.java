package io.millrace.log;

import io.millrace.metrics.Metrics;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the cleaners of all log directories of a node share: how many logs are compacted at a time,
 * the memory for it, and the figures about it.
 *
 * <p>Owner: any thread.
 */
public final class CleanerResources {
  private static final int LEAST_IO_BUFFER = 16 << 10;

  private final int threads;
  private final long dedupeBytes;
  private final int ioBytes;
  private final double loadFactor;
  private final long backoffMs;
  private final AtomicInteger free;
  private final Metrics metrics;
  private final Metrics.Counter runs;
  private final Metrics.Counter readBytes;
  private final Metrics.Counter writtenBytes;
  private final Metrics.Counter failures;

  /**
   * Resources for a node.
   *
   * @param threads {@code log.cleaner.threads}, at least 1
   * @param dedupeBytes {@code log.cleaner.dedupe.buffer.size}, for all threads together
   * @param ioBytes {@code log.cleaner.io.buffer.size}, for all threads together
   * @param loadFactor {@code log.cleaner.io.buffer.load.factor}
   * @param backoffMs {@code log.cleaner.backoff.ms}
   */
  public CleanerResources(
      int threads,
      long dedupeBytes,
      int ioBytes,
      double loadFactor,
      long backoffMs,
      Metrics metrics) {
    if (threads < 1) {
      throw new IllegalArgumentException("log.cleaner.threads is " + threads);
    }
    this.threads = threads;
    this.dedupeBytes = dedupeBytes / threads;
    this.ioBytes = Math.max(LEAST_IO_BUFFER, ioBytes / threads / 2);
    this.loadFactor = loadFactor;
    this.backoffMs = backoffMs;
    this.metrics = metrics;
    free = new AtomicInteger(threads);
    runs = metrics.counter("log_cleaner_runs", "Rounds of compaction of a log");
    readBytes = metrics.counter("log_cleaner_read_bytes", "Bytes of segments read to compact them");
    writtenBytes = metrics.counter("log_cleaner_written_bytes", "Bytes of compacted segments");
    failures =
        metrics.counter("log_cleaner_uncleanable_logs", "Logs found that cannot be compacted");
  }

  int threads() {
    return threads;
  }

  /** Most memory for the keys of one log. */
  long dedupeBytes() {
    return dedupeBytes;
  }

  /** Size of each of the two buffers of one log. */
  int ioBytes() {
    return ioBytes;
  }

  double loadFactor() {
    return loadFactor;
  }

  long backoffMs() {
    return backoffMs;
  }

  Metrics metrics() {
    return metrics;
  }

  /** Takes the right to compact one log; false = as many as may are being compacted. */
  boolean tryAcquire() {
    return free.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
  }

  boolean anyFree() {
    return free.get() > 0;
  }

  void release() {
    free.incrementAndGet();
  }

  void onRun(long read, long written) {
    runs.increment();
    readBytes.add(read);
    writtenBytes.add(written);
  }

  void onUncleanable() {
    failures.increment();
  }
}
