package io.millrace.coordinator.group;

/**
 * Settings of committed offsets.
 *
 * @param metadataMaxLength {@code offset.metadata.max.bytes}; like Kafka it counts characters
 * @param retentionMs {@code offsets.retention.minutes}
 * @param checkIntervalMs {@code offsets.retention.check.interval.ms}
 *     <p>Owner: immutable.
 */
public record OffsetConfig(int metadataMaxLength, long retentionMs, long checkIntervalMs) {
  public OffsetConfig {
    if (metadataMaxLength < 0 || retentionMs < 1 || checkIntervalMs < 1) {
      throw new IllegalArgumentException(
          metadataMaxLength + ", " + retentionMs + ", " + checkIntervalMs);
    }
  }
}
