package io.millrace.log;

import io.millrace.log.clean.CompactionConfig;
import io.millrace.record.TimestampType;

/**
 * Changes some settings of a {@link LogConfig}.
 *
 * <p>Owner: whoever made it.
 */
public final class LogConfigBuilder {
  private int segmentBytes;
  private long segmentMs;
  private long segmentJitterMs;
  private int indexIntervalBytes;
  private int segmentIndexBytes;
  private long retentionMs;
  private long retentionBytes;
  private long flushMessages;
  private long flushMs;
  private long fileDeleteDelayMs;
  private boolean deletes;
  private boolean compacts;
  private CompactionConfig compaction;
  private int maxMessageBytes;
  private TimestampType timestampType;
  private long timestampBeforeMaxMs;
  private long timestampAfterMaxMs;
  private long producerIdExpirationMs;

  LogConfigBuilder(LogConfig from) {
    segmentBytes = from.segmentBytes();
    segmentMs = from.segmentMs();
    segmentJitterMs = from.segmentJitterMs();
    indexIntervalBytes = from.indexIntervalBytes();
    segmentIndexBytes = from.segmentIndexBytes();
    retentionMs = from.retentionMs();
    retentionBytes = from.retentionBytes();
    flushMessages = from.flushMessages();
    flushMs = from.flushMs();
    fileDeleteDelayMs = from.fileDeleteDelayMs();
    deletes = from.deletes();
    compacts = from.compacts();
    compaction = from.compaction();
    maxMessageBytes = from.maxMessageBytes();
    timestampType = from.timestampType();
    timestampBeforeMaxMs = from.timestampBeforeMaxMs();
    timestampAfterMaxMs = from.timestampAfterMaxMs();
    producerIdExpirationMs = from.producerIdExpirationMs();
  }

  public LogConfigBuilder segmentBytes(int value) {
    segmentBytes = value;
    return this;
  }

  public LogConfigBuilder segmentMs(long value) {
    segmentMs = value;
    return this;
  }

  public LogConfigBuilder segmentJitterMs(long value) {
    segmentJitterMs = value;
    return this;
  }

  public LogConfigBuilder indexIntervalBytes(int value) {
    indexIntervalBytes = value;
    return this;
  }

  public LogConfigBuilder segmentIndexBytes(int value) {
    segmentIndexBytes = value;
    return this;
  }

  public LogConfigBuilder retentionMs(long value) {
    retentionMs = value;
    return this;
  }

  public LogConfigBuilder retentionBytes(long value) {
    retentionBytes = value;
    return this;
  }

  public LogConfigBuilder flushMessages(long value) {
    flushMessages = value;
    return this;
  }

  public LogConfigBuilder flushMs(long value) {
    flushMs = value;
    return this;
  }

  public LogConfigBuilder fileDeleteDelayMs(long value) {
    fileDeleteDelayMs = value;
    return this;
  }

  public LogConfigBuilder deletes(boolean value) {
    deletes = value;
    return this;
  }

  public LogConfigBuilder compacts(boolean value) {
    compacts = value;
    return this;
  }

  public LogConfigBuilder compaction(CompactionConfig value) {
    compaction = value;
    return this;
  }

  public LogConfigBuilder maxMessageBytes(int value) {
    maxMessageBytes = value;
    return this;
  }

  public LogConfigBuilder timestampType(TimestampType value) {
    timestampType = value;
    return this;
  }

  public LogConfigBuilder timestampBeforeMaxMs(long value) {
    timestampBeforeMaxMs = value;
    return this;
  }

  public LogConfigBuilder timestampAfterMaxMs(long value) {
    timestampAfterMaxMs = value;
    return this;
  }

  public LogConfigBuilder producerIdExpirationMs(long value) {
    producerIdExpirationMs = value;
    return this;
  }

  /**
   * The changed settings.
   *
   * @throws IllegalArgumentException as {@link LogConfig}'s constructor
   */
  public LogConfig build() {
    return new LogConfig(
        segmentBytes,
        segmentMs,
        segmentJitterMs,
        indexIntervalBytes,
        segmentIndexBytes,
        retentionMs,
        retentionBytes,
        flushMessages,
        flushMs,
        fileDeleteDelayMs,
        deletes,
        compacts,
        compaction,
        maxMessageBytes,
        timestampType,
        timestampBeforeMaxMs,
        timestampAfterMaxMs,
        producerIdExpirationMs);
  }
}
