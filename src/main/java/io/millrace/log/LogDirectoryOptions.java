package io.millrace.log;

/**
 * The settings of a log directory.
 *
 * @param recoveryThreads threads that load and recover logs ({@code
 *     num.recovery.threads.per.data.dir})
 * @param maxOpenFiles segment files kept open when idle; those in use are opened beyond it
 * @param minFreeBytes free space below which appends are refused; 0 = only when the disk is full
 * @param freeSpaceCheckMs time between two looks at the free space
 * @param checkpointIntervalMs time between two writings of the checkpoint files
 * @param slowNanos a write on an event loop that takes longer turns the directory slow; after a
 *     read that takes longer, nothing written before is taken to be in the page cache
 *     <p>Owner: immutable.
 */
public record LogDirectoryOptions(
    int recoveryThreads,
    int maxOpenFiles,
    long minFreeBytes,
    long freeSpaceCheckMs,
    long checkpointIntervalMs,
    long slowNanos) {
  private static final LogDirectoryOptions DEFAULTS =
      new LogDirectoryOptions(2, 8192, 64L << 20, 1000, 60_000, 5_000_000);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a value is out of its range
   */
  public LogDirectoryOptions {
    if (recoveryThreads < 1
        || maxOpenFiles < 1
        || minFreeBytes < 0
        || freeSpaceCheckMs < 1
        || checkpointIntervalMs < 1
        || slowNanos < 0) {
      throw new IllegalArgumentException("Log directory option out of range");
    }
  }

  public static LogDirectoryOptions defaults() {
    return DEFAULTS;
  }
}
