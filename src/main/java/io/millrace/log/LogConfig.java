package io.millrace.log;

import io.millrace.log.clean.CompactionConfig;
import io.millrace.record.TimestampType;
import java.util.Objects;

/**
 * The settings of one log, validated. Times are in milliseconds, sizes in bytes; {@link
 * Long#MAX_VALUE} = never, and -1 = without limit for {@code retentionMs} and {@code
 * retentionBytes}, as in Kafka.
 *
 * @param segmentBytes size at which the active segment is rolled; also the limit of one batch
 * @param segmentMs age (by the first batch's timestamp) at which the active segment is rolled
 * @param segmentJitterMs greatest random time by which the roll by age comes earlier
 * @param indexIntervalBytes bytes of batches between two index entries
 * @param segmentIndexBytes size of the offset index at which the active segment is rolled
 * @param retentionMs age of the newest record at which a segment is deleted; -1 = never
 * @param retentionBytes size of the log above which the oldest segments are deleted; -1 = never
 * @param flushMessages at most one message fewer than this is acknowledged without being fsynced
 * @param flushMs time after which written messages are fsynced
 * @param fileDeleteDelayMs time between the renaming and the removal of a deleted file
 * @param deletes whether {@code cleanup.policy} contains delete
 * @param compacts whether {@code cleanup.policy} contains compact
 * @param compaction how the log is compacted if it is
 * @param maxMessageBytes largest batch that a client may append
 * @param timestampType who sets the timestamps
 * @param timestampBeforeMaxMs how far a timestamp may lie in the past
 * @param timestampAfterMaxMs how far a timestamp may lie in the future
 * @param producerIdExpirationMs time after which an idle producer's state is forgotten
 *     <p>Owner: immutable.
 */
public record LogConfig(
    int segmentBytes,
    long segmentMs,
    long segmentJitterMs,
    int indexIntervalBytes,
    int segmentIndexBytes,
    long retentionMs,
    long retentionBytes,
    long flushMessages,
    long flushMs,
    long fileDeleteDelayMs,
    boolean deletes,
    boolean compacts,
    CompactionConfig compaction,
    int maxMessageBytes,
    TimestampType timestampType,
    long timestampBeforeMaxMs,
    long timestampAfterMaxMs,
    long producerIdExpirationMs) {

  private static final LogConfig DEFAULTS =
      new LogConfig(
          1 << 30,
          168L * 60 * 60 * 1000,
          0,
          4096,
          10 << 20,
          168L * 60 * 60 * 1000,
          -1,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          60_000,
          true,
          false,
          CompactionConfig.DEFAULTS,
          1_048_588,
          TimestampType.CREATE_TIME,
          Long.MAX_VALUE,
          3_600_000,
          86_400_000);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException naming the setting, its value and the allowed range
   */
  public LogConfig {
    atLeast("segment.bytes", segmentBytes, 1);
    atLeast("segment.ms", segmentMs, 1);
    atLeast("segment.jitter.ms", segmentJitterMs, 0);
    atLeast("index.interval.bytes", indexIntervalBytes, 0);
    atLeast("segment.index.bytes", segmentIndexBytes, 4);
    atLeast("retention.ms", retentionMs, -1);
    atLeast("retention.bytes", retentionBytes, -1);
    atLeast("flush.messages", flushMessages, 1);
    atLeast("flush.ms", flushMs, 0);
    atLeast("file.delete.delay.ms", fileDeleteDelayMs, 0);
    Objects.requireNonNull(compaction);
    atLeast("max.message.bytes", maxMessageBytes, 0);
    atLeast("message.timestamp.before.max.ms", timestampBeforeMaxMs, 0);
    atLeast("message.timestamp.after.max.ms", timestampAfterMaxMs, 0);
    atLeast("producer.id.expiration.ms", producerIdExpirationMs, 1);
  }

  private static void atLeast(String key, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(key + " is " + value + ", must be at least " + least);
    }
  }

  /** Kafka's defaults. */
  public static LogConfig defaults() {
    return DEFAULTS;
  }

  /**
   * Age at which the active segment is rolled: that of {@code segment.ms}, or earlier so that its
   * records can be compacted in time.
   */
  public long maxSegmentMs() {
    return compacts ? Math.min(segmentMs, compaction.maxLagMs()) : segmentMs;
  }

  /** A builder that starts with these settings. */
  public LogConfigBuilder with() {
    return new LogConfigBuilder(this);
  }
}
