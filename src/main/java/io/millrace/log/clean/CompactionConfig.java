package io.millrace.log.clean;

/**
 * The settings of a topic that say when and how its logs are compacted.
 *
 * @param minCleanableDirtyRatio share of the log that must be new before it is compacted again, 0
 *     to 1 ({@code min.cleanable.dirty.ratio})
 * @param deleteRetentionMs how long tombstones and transaction markers stay after the first
 *     cleaning that finds nothing else of them ({@code delete.retention.ms})
 * @param minLagMs age below which no record is removed ({@code min.compaction.lag.ms})
 * @param maxLagMs age from which a log is compacted whatever its dirty ratio; {@link
 *     Long#MAX_VALUE} = never ({@code max.compaction.lag.ms})
 *     <p>Owner: immutable.
 */
public record CompactionConfig(
    double minCleanableDirtyRatio, long deleteRetentionMs, long minLagMs, long maxLagMs) {
  /** Kafka's defaults. */
  public static final CompactionConfig DEFAULTS =
      new CompactionConfig(0.5, 86_400_000, 0, Long.MAX_VALUE);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a value is out of its range
   */
  public CompactionConfig {
    if (!(minCleanableDirtyRatio >= 0 && minCleanableDirtyRatio <= 1)) {
      throw new IllegalArgumentException(
          "min.cleanable.dirty.ratio is " + minCleanableDirtyRatio + ", must be 0 to 1");
    }
    if (deleteRetentionMs < 0 || minLagMs < 0 || maxLagMs < 1) {
      throw new IllegalArgumentException(
          "delete.retention.ms "
              + deleteRetentionMs
              + " and min.compaction.lag.ms "
              + minLagMs
              + " must be at least 0, max.compaction.lag.ms "
              + maxLagMs
              + " at least 1");
    }
  }
}
