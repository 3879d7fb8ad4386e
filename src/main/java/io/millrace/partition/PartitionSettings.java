package io.millrace.partition;

import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.config.TopicKeys;
import io.millrace.log.LogConfig;
import io.millrace.log.clean.CompactionConfig;
import io.millrace.record.Codec;
import io.millrace.record.CompressionTarget;
import io.millrace.record.TimestampRules;
import io.millrace.record.TimestampType;
import io.millrace.record.ValidationRules;
import java.util.List;

/**
 * The settings of one topic as its partitions need them.
 *
 * @param minInsyncReplicas {@code min.insync.replicas}
 *     <p>Owner: immutable.
 */
public record PartitionSettings(LogConfig log, ValidationRules rules, int minInsyncReplicas) {

  /** Reads the settings of a topic; see {@link Settings#forTopic}. */
  public static PartitionSettings from(Settings topic) {
    LogConfig log = logConfig(topic);
    ValidationRules rules =
        ValidationRules.DEFAULT
            .withMaxMessageBytes(log.maxMessageBytes())
            .withSegmentBytes(log.segmentBytes())
            .withCompacted(log.compacts())
            .withTimestamps(
                new TimestampRules(
                    log.timestampType(), log.timestampBeforeMaxMs(), log.timestampAfterMaxMs()))
            .withCompression(compression(topic));
    return new PartitionSettings(log, rules, topic.get(TopicKeys.MIN_INSYNC_REPLICAS));
  }

  /**
   * The same with no more in-sync replicas demanded than there are replicas, as Kafka does: else
   * nothing of a topic with fewer could be written or read.
   */
  PartitionSettings cappedTo(int replicas) {
    return minInsyncReplicas <= replicas ? this : new PartitionSettings(log, rules, replicas);
  }

  private static LogConfig logConfig(Settings topic) {
    List<String> policy = topic.get(TopicKeys.CLEANUP_POLICY);
    return LogConfig.defaults()
        .with()
        .segmentBytes(
            topic.isSet(TopicKeys.INTERNAL_SEGMENT_BYTES)
                ? topic.get(TopicKeys.INTERNAL_SEGMENT_BYTES)
                : topic.get(TopicKeys.SEGMENT_BYTES))
        .segmentMs(topic.get(TopicKeys.SEGMENT_MS))
        .segmentJitterMs(topic.get(TopicKeys.SEGMENT_JITTER_MS))
        .indexIntervalBytes(topic.get(TopicKeys.INDEX_INTERVAL_BYTES))
        .segmentIndexBytes(topic.get(TopicKeys.SEGMENT_INDEX_BYTES))
        .retentionMs(topic.get(TopicKeys.RETENTION_MS))
        .retentionBytes(topic.get(TopicKeys.RETENTION_BYTES))
        .flushMessages(topic.get(TopicKeys.FLUSH_MESSAGES))
        .flushMs(topic.get(TopicKeys.FLUSH_MS))
        .fileDeleteDelayMs(topic.get(TopicKeys.FILE_DELETE_DELAY_MS))
        .deletes(policy.contains("delete"))
        .compacts(policy.contains("compact"))
        .compaction(
            new CompactionConfig(
                topic.get(TopicKeys.MIN_CLEANABLE_DIRTY_RATIO),
                topic.get(TopicKeys.DELETE_RETENTION_MS),
                topic.get(TopicKeys.MIN_COMPACTION_LAG_MS),
                topic.get(TopicKeys.MAX_COMPACTION_LAG_MS)))
        .maxMessageBytes(topic.get(TopicKeys.MAX_MESSAGE_BYTES))
        .timestampType(timestampType(topic.get(TopicKeys.MESSAGE_TIMESTAMP_TYPE)))
        .timestampBeforeMaxMs(topic.get(TopicKeys.MESSAGE_TIMESTAMP_BEFORE_MAX_MS))
        .timestampAfterMaxMs(topic.get(TopicKeys.MESSAGE_TIMESTAMP_AFTER_MAX_MS))
        .producerIdExpirationMs(topic.get(NodeKeys.PRODUCER_ID_EXPIRATION_MS))
        .build();
  }

  private static CompressionTarget compression(Settings topic) {
    String type = topic.get(TopicKeys.COMPRESSION_TYPE);
    return switch (type) {
      case "producer" -> CompressionTarget.producer();
      case "uncompressed" -> CompressionTarget.of(Codec.NONE);
      case "gzip" -> CompressionTarget.of(Codec.GZIP, topic.get(TopicKeys.COMPRESSION_GZIP_LEVEL));
      case "lz4" -> CompressionTarget.of(Codec.LZ4, topic.get(TopicKeys.COMPRESSION_LZ4_LEVEL));
      case "zstd" -> CompressionTarget.of(Codec.ZSTD, topic.get(TopicKeys.COMPRESSION_ZSTD_LEVEL));
      case "snappy" -> CompressionTarget.of(Codec.SNAPPY);
      default -> throw new IllegalArgumentException("compression.type " + type);
    };
  }

  private static TimestampType timestampType(String name) {
    return name.equals("LogAppendTime") ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME;
  }
}
