package io.millrace.log.clean;

/**
 * The settings of the cleaner as a whole; {@link CompactionConfig} has those of a topic.
 *
 * @param threads how many logs are compacted at a time, at least 1 ({@code log.cleaner.threads})
 * @param dedupeBytes memory for keys, of all threads together ({@code
 *     log.cleaner.dedupe.buffer.size})
 * @param ioBytes memory for reading and writing, of all threads together ({@code
 *     log.cleaner.io.buffer.size})
 * @param loadFactor how full the memory for keys may become ({@code
 *     log.cleaner.io.buffer.load.factor})
 * @param backoffMs rest when nothing is dirty ({@code log.cleaner.backoff.ms})
 * @param maxBytesPerSecond most that all threads together read and write; {@link Double#MAX_VALUE}
 *     = without limit ({@code log.cleaner.io.max.bytes.per.second})
 *     <p>Owner: immutable.
 */
public record CleanerConfig(
    int threads,
    long dedupeBytes,
    int ioBytes,
    double loadFactor,
    long backoffMs,
    double maxBytesPerSecond) {
  private static final int LEAST_IO_BUFFER = 16 << 10;

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a value is out of its range
   */
  public CleanerConfig {
    if (threads < 1) {
      throw new IllegalArgumentException("log.cleaner.threads is " + threads);
    }
    if (!(maxBytesPerSecond > 0)) {
      throw new IllegalArgumentException(
          "log.cleaner.io.max.bytes.per.second is " + maxBytesPerSecond + ", must be above 0");
    }
  }

  /** Most memory for the keys of one log. */
  public long dedupeBytesOfOne() {
    return dedupeBytes / threads;
  }

  /** Size of each of the two buffers of one log. */
  public int ioBytesOfOne() {
    return Math.max(LEAST_IO_BUFFER, ioBytes / threads / 2);
  }
}
