package io.millrace.config;

import static io.millrace.config.ConfigKey.booleanKey;
import static io.millrace.config.ConfigKey.doubleKey;
import static io.millrace.config.ConfigKey.intKey;
import static io.millrace.config.ConfigKey.listKey;
import static io.millrace.config.ConfigKey.longKey;
import static io.millrace.config.ConfigKey.stringKey;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Every setting of a topic: the names, types, defaults and checks of Kafka 4.3, each with the keys
 * of the node that stand in for it. Read them from {@link Settings#forTopic}.
 *
 * <p>Owner: immutable.
 */
public final class TopicKeys {
  private static final String MS = "ms";
  private static final String BYTES = "bytes";
  private static final Pattern THROTTLED_REPLICA = Pattern.compile("\\d+:\\d+");
  private static final Allowed<List<String>> THROTTLED_REPLICAS =
      new Allowed<>(
          "*, or a list of partition:broker",
          list ->
              list.isEmpty()
                  || list.equals(List.of("*"))
                  || list.stream().allMatch(e -> THROTTLED_REPLICA.matcher(e).matches()));
  private static final String TIERED =
      " Accepted for compatibility; tiered storage is not part of this version.";

  public static final ConfigKey<List<String>> CLEANUP_POLICY =
      listKey("cleanup.policy")
          .topic()
          .defaultsTo(List.of("delete"))
          .allowed(Allowed.someOf(true, "delete", "compact"))
          .synonym(LogKeys.LOG_CLEANUP_POLICY)
          .doc(
              "`delete` drops old segments by time and size, `compact` keeps the last record of"
                  + " each key; both together are possible, an empty list keeps everything.")
          .build();

  public static final ConfigKey<Integer> COMPRESSION_GZIP_LEVEL =
      intKey("compression.gzip.level")
          .topic()
          .defaultsTo(-1)
          .allowed(new Allowed<>("-1 (zlib's own) or 1 to 9", v -> v == -1 || (v >= 1 && v <= 9)))
          .synonym(LogKeys.COMPRESSION_GZIP_LEVEL)
          .doc("Level when `compression.type` is `gzip`.")
          .build();

  public static final ConfigKey<Integer> COMPRESSION_LZ4_LEVEL =
      intKey("compression.lz4.level")
          .topic()
          .defaultsTo(9)
          .allowed(Allowed.between(1, 17))
          .synonym(LogKeys.COMPRESSION_LZ4_LEVEL)
          .doc("Level when `compression.type` is `lz4`.")
          .build();

  public static final ConfigKey<String> COMPRESSION_TYPE =
      stringKey("compression.type")
          .topic()
          .defaultsTo("producer")
          .allowed(Allowed.oneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"))
          .synonym(LogKeys.COMPRESSION_TYPE)
          .doc(
              "Compression on disk. `producer` keeps what the producer chose and is by far the"
                  + " cheapest.")
          .build();

  public static final ConfigKey<Integer> COMPRESSION_ZSTD_LEVEL =
      intKey("compression.zstd.level")
          .topic()
          .defaultsTo(3)
          .allowed(Allowed.between(-131_072, 22))
          .synonym(LogKeys.COMPRESSION_ZSTD_LEVEL)
          .doc("Level when `compression.type` is `zstd`.")
          .build();

  public static final ConfigKey<Long> DELETE_RETENTION_MS =
      longKey("delete.retention.ms")
          .topic()
          .unit(MS)
          .defaultsTo(TimeUnit.DAYS.toMillis(1))
          .allowed(Allowed.atLeast(0L))
          .synonym(LogKeys.LOG_CLEANER_DELETE_RETENTION_MS)
          .doc("How long compaction keeps tombstones, so that readers learn of deletions.")
          .build();

  public static final ConfigKey<Long> FILE_DELETE_DELAY_MS =
      longKey("file.delete.delay.ms")
          .topic()
          .unit(MS)
          .defaultsTo(60_000L)
          .allowed(Allowed.atLeast(0L))
          .synonym(LogKeys.LOG_SEGMENT_DELETE_DELAY_MS)
          .doc("How long the files of a deleted segment or partition stay on the disk, renamed.")
          .build();

  public static final ConfigKey<Long> FLUSH_MESSAGES =
      longKey("flush.messages")
          .topic()
          .unit("records")
          .defaultsTo(Long.MAX_VALUE)
          .allowed(Allowed.atLeast(1L))
          .synonym(LogKeys.LOG_FLUSH_INTERVAL_MESSAGES)
          .doc(
              "After so many records the partition is forced to the disk. 1 acknowledges only what"
                  + " is on the disk, with one fsync for all appends that wait for it.")
          .build();

  public static final ConfigKey<Long> FLUSH_MS =
      longKey("flush.ms")
          .topic()
          .unit(MS)
          .defaultsTo(Long.MAX_VALUE)
          .allowed(Allowed.atLeast(0L))
          .synonym(LogKeys.LOG_FLUSH_INTERVAL_MS)
          .synonym(LogKeys.LOG_FLUSH_SCHEDULER_INTERVAL_MS)
          .doc("No record stays longer than this in memory only.")
          .build();

  public static final ConfigKey<List<String>> FOLLOWER_REPLICATION_THROTTLED_REPLICAS =
      listKey("follower.replication.throttled.replicas")
          .topic()
          .defaultsTo(List.of())
          .allowed(THROTTLED_REPLICAS)
          .doc(
              "Followers that copy no faster than `follower.replication.throttled.rate` of their node"
                  + " while they are out of sync, as when replicas move.")
          .build();

  public static final ConfigKey<Integer> INDEX_INTERVAL_BYTES =
      intKey("index.interval.bytes")
          .topic()
          .unit(BYTES)
          .defaultsTo(4096)
          .allowed(Allowed.atLeast(0))
          .synonym(LogKeys.LOG_INDEX_INTERVAL_BYTES)
          .doc("An index entry is made when at least so many bytes follow the last one.")
          .build();

  /** Kafka's way to have segments below 1 MiB in tests; not set = {@link #SEGMENT_BYTES} holds. */
  public static final ConfigKey<Integer> INTERNAL_SEGMENT_BYTES =
      intKey("internal.segment.bytes")
          .topic()
          .unit(BYTES)
          .internal()
          .doc("Overrides `segment.bytes` without its lower limit; for tests.")
          .build();

  public static final ConfigKey<List<String>> LEADER_REPLICATION_THROTTLED_REPLICAS =
      listKey("leader.replication.throttled.replicas")
          .topic()
          .defaultsTo(List.of())
          .allowed(THROTTLED_REPLICAS)
          .doc(
              "Leaders that send no faster than `leader.replication.throttled.rate` of their node to"
                  + " followers out of sync, as when replicas move.")
          .build();

  public static final ConfigKey<Long> LOCAL_RETENTION_BYTES =
      longKey("local.retention.bytes")
          .topic()
          .unit(BYTES)
          .defaultsTo(-2L)
          .allowed(Allowed.atLeast(-2L))
          .doc("With tiered storage: what stays on the broker; -2 = `retention.bytes`." + TIERED)
          .build();

  public static final ConfigKey<Long> LOCAL_RETENTION_MS =
      longKey("local.retention.ms")
          .topic()
          .unit(MS)
          .defaultsTo(-2L)
          .allowed(Allowed.atLeast(-2L))
          .doc("With tiered storage: what stays on the broker; -2 = `retention.ms`." + TIERED)
          .build();

  public static final ConfigKey<Long> MAX_COMPACTION_LAG_MS =
      longKey("max.compaction.lag.ms")
          .topic()
          .unit(MS)
          .defaultsTo(Long.MAX_VALUE)
          .allowed(Allowed.atLeast(1L))
          .synonym(LogKeys.LOG_CLEANER_MAX_COMPACTION_LAG_MS)
          .doc("After this time a record is compacted whatever share of the log is new.")
          .build();

  public static final ConfigKey<Integer> MAX_MESSAGE_BYTES =
      intKey("max.message.bytes")
          .topic()
          .unit(BYTES)
          .defaultsTo(1_048_588)
          .allowed(Allowed.atLeast(0))
          .synonym(LogKeys.MESSAGE_MAX_BYTES)
          .doc("The largest batch that is accepted, after compression and with its header.")
          .build();

  public static final ConfigKey<Long> MESSAGE_TIMESTAMP_AFTER_MAX_MS =
      longKey("message.timestamp.after.max.ms")
          .topic()
          .unit(MS)
          .defaultsTo(TimeUnit.HOURS.toMillis(1))
          .allowed(Allowed.atLeast(0L))
          .synonym(LogKeys.LOG_MESSAGE_TIMESTAMP_AFTER_MAX_MS)
          .doc("How far in the future a producer's timestamp may lie.")
          .build();

  public static final ConfigKey<Long> MESSAGE_TIMESTAMP_BEFORE_MAX_MS =
      longKey("message.timestamp.before.max.ms")
          .topic()
          .unit(MS)
          .defaultsTo(Long.MAX_VALUE)
          .allowed(Allowed.atLeast(0L))
          .synonym(LogKeys.LOG_MESSAGE_TIMESTAMP_BEFORE_MAX_MS)
          .doc("How far in the past a producer's timestamp may lie.")
          .build();

  public static final ConfigKey<String> MESSAGE_TIMESTAMP_TYPE =
      stringKey("message.timestamp.type")
          .topic()
          .defaultsTo("CreateTime")
          .allowed(Allowed.oneOf("CreateTime", "LogAppendTime"))
          .synonym(LogKeys.LOG_MESSAGE_TIMESTAMP_TYPE)
          .doc(
              "`CreateTime` keeps the time that the producer gave, `LogAppendTime` replaces it by"
                  + " the broker's.")
          .build();

  public static final ConfigKey<Double> MIN_CLEANABLE_DIRTY_RATIO =
      doubleKey("min.cleanable.dirty.ratio")
          .topic()
          .defaultsTo(0.5)
          .allowed(Allowed.between(0.0, 1.0))
          .synonym(LogKeys.LOG_CLEANER_MIN_CLEANABLE_RATIO)
          .doc("Share of a compacted log that must be new before it is compacted again.")
          .build();

  public static final ConfigKey<Long> MIN_COMPACTION_LAG_MS =
      longKey("min.compaction.lag.ms")
          .topic()
          .unit(MS)
          .defaultsTo(0L)
          .allowed(Allowed.atLeast(0L))
          .synonym(LogKeys.LOG_CLEANER_MIN_COMPACTION_LAG_MS)
          .doc("How long every record stays readable before compaction may remove it.")
          .build();

  public static final ConfigKey<Integer> MIN_INSYNC_REPLICAS =
      intKey("min.insync.replicas")
          .topic()
          .defaultsTo(1)
          .allowed(Allowed.atLeast(1))
          .synonym(LogKeys.MIN_INSYNC_REPLICAS)
          .doc(
              "How many replicas must have a record before a producer with acks=all is told so."
                  + " With fewer in sync it gets NOT_ENOUGH_REPLICAS.")
          .build();

  public static final ConfigKey<Boolean> PREALLOCATE =
      booleanKey("preallocate")
          .topic()
          .defaultsTo(false)
          .synonym(LogKeys.LOG_PREALLOCATE)
          .doc("Accepted for compatibility; Millrace never reserves segment files in advance.")
          .build();

  public static final ConfigKey<Boolean> REMOTE_LOG_COPY_DISABLE =
      booleanKey("remote.log.copy.disable")
          .topic()
          .defaultsTo(false)
          .doc("Stops the copying of segments to tiered storage." + TIERED)
          .build();

  public static final ConfigKey<Boolean> REMOTE_LOG_DELETE_ON_DISABLE =
      booleanKey("remote.log.delete.on.disable")
          .topic()
          .defaultsTo(false)
          .doc("Deletes tiered data when tiered storage is turned off." + TIERED)
          .build();

  public static final ConfigKey<Boolean> REMOTE_STORAGE_ENABLE =
      booleanKey("remote.storage.enable")
          .topic()
          .defaultsTo(false)
          .doc("Tiered storage. Only `false` is accepted by this version.")
          .build();

  public static final ConfigKey<Long> RETENTION_BYTES =
      longKey("retention.bytes")
          .topic()
          .unit(BYTES)
          .defaultsTo(-1L)
          .synonym(LogKeys.LOG_RETENTION_BYTES)
          .doc(
              "The oldest segments of a partition are deleted while the rest is at least as big as"
                  + " this. -1 = no limit.")
          .build();

  public static final ConfigKey<Long> RETENTION_MS =
      longKey("retention.ms")
          .topic()
          .unit(MS)
          .defaultsTo(TimeUnit.DAYS.toMillis(7))
          .allowed(Allowed.atLeast(-1L))
          .synonym(LogKeys.LOG_RETENTION_MS)
          .synonym(LogKeys.LOG_RETENTION_MINUTES, TopicKeys::minutesToMs)
          .synonym(LogKeys.LOG_RETENTION_HOURS, TopicKeys::hoursToMs)
          .doc("A segment is deleted when its newest record is older than this. -1 = no limit.")
          .build();

  public static final ConfigKey<Integer> SEGMENT_BYTES =
      intKey("segment.bytes")
          .topic()
          .unit(BYTES)
          .defaultsTo(1 << 30)
          .allowed(Allowed.atLeast(1 << 20))
          .synonym(LogKeys.LOG_SEGMENT_BYTES)
          .doc("A segment file that would grow beyond this is closed and a new one is begun.")
          .build();

  public static final ConfigKey<Integer> SEGMENT_INDEX_BYTES =
      intKey("segment.index.bytes")
          .topic()
          .unit(BYTES)
          .defaultsTo(10 << 20)
          .allowed(Allowed.atLeast(4))
          .synonym(LogKeys.LOG_INDEX_SIZE_MAX_BYTES)
          .doc("A segment is closed when its index reaches this size.")
          .build();

  public static final ConfigKey<Long> SEGMENT_JITTER_MS =
      longKey("segment.jitter.ms")
          .topic()
          .unit(MS)
          .defaultsTo(0L)
          .allowed(Allowed.atLeast(0L))
          .synonym(LogKeys.LOG_ROLL_JITTER_MS)
          .synonym(LogKeys.LOG_ROLL_JITTER_HOURS, TopicKeys::hoursToMs)
          .doc("At most so much is taken off `segment.ms`, at random for each segment.")
          .build();

  public static final ConfigKey<Long> SEGMENT_MS =
      longKey("segment.ms")
          .topic()
          .unit(MS)
          .defaultsTo(TimeUnit.DAYS.toMillis(7))
          .allowed(Allowed.atLeast(1L))
          .synonym(LogKeys.LOG_ROLL_MS)
          .synonym(LogKeys.LOG_ROLL_HOURS, TopicKeys::hoursToMs)
          .doc("A segment is closed at this age even when it is small, so that it can expire.")
          .build();

  public static final ConfigKey<Boolean> UNCLEAN_LEADER_ELECTION_ENABLE =
      booleanKey("unclean.leader.election.enable")
          .topic()
          .defaultsTo(false)
          .synonym(LogKeys.UNCLEAN_LEADER_ELECTION_ENABLE)
          .doc(
              "Whether a replica that is not in sync may lead when no other is left: available"
                  + " sooner, at the price of acknowledged records.")
          .build();

  public static final ConfigKey<String> UNCLEAN_RECOVERY_STRATEGY =
      stringKey("unclean.recovery.strategy")
          .topic()
          .defaultsTo("Balanced")
          .allowed(Allowed.oneOf("None", "Balanced", "Aggressive"))
          .synonym(LogKeys.UNCLEAN_RECOVERY_STRATEGY)
          .doc(LogKeys.UNCLEAN_RECOVERY_DOC)
          .build();

  private static final SortedMap<String, ConfigKey<?>> BY_NAME = new TreeMap<>();

  static {
    List.of(
            CLEANUP_POLICY,
            COMPRESSION_GZIP_LEVEL,
            COMPRESSION_LZ4_LEVEL,
            COMPRESSION_TYPE,
            COMPRESSION_ZSTD_LEVEL,
            DELETE_RETENTION_MS,
            FILE_DELETE_DELAY_MS,
            FLUSH_MESSAGES,
            FLUSH_MS,
            FOLLOWER_REPLICATION_THROTTLED_REPLICAS,
            INDEX_INTERVAL_BYTES,
            INTERNAL_SEGMENT_BYTES,
            LEADER_REPLICATION_THROTTLED_REPLICAS,
            LOCAL_RETENTION_BYTES,
            LOCAL_RETENTION_MS,
            MAX_COMPACTION_LAG_MS,
            MAX_MESSAGE_BYTES,
            MESSAGE_TIMESTAMP_AFTER_MAX_MS,
            MESSAGE_TIMESTAMP_BEFORE_MAX_MS,
            MESSAGE_TIMESTAMP_TYPE,
            MIN_CLEANABLE_DIRTY_RATIO,
            MIN_COMPACTION_LAG_MS,
            MIN_INSYNC_REPLICAS,
            PREALLOCATE,
            REMOTE_LOG_COPY_DISABLE,
            REMOTE_LOG_DELETE_ON_DISABLE,
            REMOTE_STORAGE_ENABLE,
            RETENTION_BYTES,
            RETENTION_MS,
            SEGMENT_BYTES,
            SEGMENT_INDEX_BYTES,
            SEGMENT_JITTER_MS,
            SEGMENT_MS,
            UNCLEAN_LEADER_ELECTION_ENABLE,
            UNCLEAN_RECOVERY_STRATEGY)
        .forEach(key -> BY_NAME.put(key.name(), key));
  }

  private TopicKeys() {}

  /** All keys, by name; internal ones too. */
  public static Collection<ConfigKey<?>> all() {
    return Collections.unmodifiableCollection(BY_NAME.values());
  }

  /** null = there is no such key. */
  public static ConfigKey<?> find(String name) {
    return BY_NAME.get(name);
  }

  /**
   * Checks the complete own configs of a topic, laid over the node's settings.
   *
   * @return why they are refused (INVALID_CONFIG), naming key, value and what is allowed; empty =
   *     accepted
   */
  public static Optional<String> validate(Map<String, String> configs, Settings node) {
    for (Map.Entry<String, String> config : new TreeMap<>(configs).entrySet()) {
      ConfigKey<?> key = find(config.getKey());
      if (key == null) {
        return Optional.of("Unknown topic config name: " + config.getKey());
      }
      if (config.getValue() == null) {
        return Optional.of("Null value not supported for topic configs: " + config.getKey());
      }
      try {
        key.parse(config.getValue());
      } catch (IllegalArgumentException e) {
        return Optional.of(e.getMessage());
      }
    }
    Settings settings = node.forTopic(configs);
    if (settings.get(REMOTE_STORAGE_ENABLE)) {
      return Optional.of("remote.storage.enable=true needs tiered storage, which is not available");
    }
    if (settings.get(MIN_COMPACTION_LAG_MS) > settings.get(MAX_COMPACTION_LAG_MS)) {
      return Optional.of(
          "min.compaction.lag.ms ("
              + settings.get(MIN_COMPACTION_LAG_MS)
              + ") is larger than max.compaction.lag.ms ("
              + settings.get(MAX_COMPACTION_LAG_MS)
              + ")");
    }
    return Optional.empty();
  }

  /** As {@link #validate(Map, Settings)}, over a node with defaults. */
  public static Optional<String> validate(Map<String, String> configs) {
    return validate(configs, Settings.defaults());
  }

  private static long hoursToMs(int hours) {
    return hours < 0 ? -1 : TimeUnit.HOURS.toMillis(hours);
  }

  private static long minutesToMs(int minutes) {
    return minutes < 0 ? -1 : TimeUnit.MINUTES.toMillis(minutes);
  }
}
