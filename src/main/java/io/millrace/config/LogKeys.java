package io.millrace.config;

import static io.millrace.config.ConfigKey.booleanKey;
import static io.millrace.config.ConfigKey.doubleKey;
import static io.millrace.config.ConfigKey.intKey;
import static io.millrace.config.ConfigKey.listKey;
import static io.millrace.config.ConfigKey.longKey;
import static io.millrace.config.ConfigKey.stringKey;

import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Keys of the node about its logs. Most are defaults for topics that do not say otherwise (see
 * {@link TopicKeys}). Names, units and defaults are Kafka's.
 *
 * <p>Owner: immutable.
 */
public final class LogKeys {
  private static final String DEFAULTS = "Defaults for topics";
  private static final String CARE = "Care of the logs";
  private static final String MS = "ms";
  private static final String BYTES = "bytes";
  private static final Allowed<Long> UNLIMITED_OR_POSITIVE_LONG =
      Allowed.orAtLeast(-1L, "no limit", 1L);
  private static final Allowed<Integer> UNLIMITED_OR_POSITIVE_INT =
      Allowed.orAtLeast(-1, "no limit", 1);

  public static final ConfigKey<Integer> NUM_RECOVERY_THREADS_PER_DATA_DIR =
      intKey("num.recovery.threads.per.data.dir")
          .section(CARE)
          .defaultsTo(2)
          .allowed(Allowed.atLeast(1))
          .doc("How many partitions of a log directory are recovered at once after a crash.")
          .build();

  public static final ConfigKey<Integer> LOG_SEGMENT_BYTES =
      intKey("log.segment.bytes")
          .section(DEFAULTS)
          .unit(BYTES)
          .defaultsTo(1 << 30)
          .allowed(Allowed.atLeast(1 << 20))
          .clusterWide()
          .doc(
              "A segment file that would grow beyond this is closed and a new one is begun."
                  + " Retention deletes whole segments only.")
          .build();

  public static final ConfigKey<Integer> LOG_ROLL_HOURS =
      intKey("log.roll.hours")
          .section(DEFAULTS)
          .unit("hours")
          .defaultsTo(168)
          .allowed(Allowed.atLeast(1))
          .doc("As `log.roll.ms`, in hours.")
          .build();

  public static final ConfigKey<Long> LOG_ROLL_MS =
      longKey("log.roll.ms")
          .section(DEFAULTS)
          .unit(MS)
          .defaultShownAs("`log.roll.hours`")
          .allowed(Allowed.atLeast(1L))
          .synonym(LOG_ROLL_HOURS, LogKeys::hoursToMs)
          .clusterWide()
          .doc("A segment is closed at this age even when it is small, so that it can expire.")
          .build();

  public static final ConfigKey<Integer> LOG_ROLL_JITTER_HOURS =
      intKey("log.roll.jitter.hours")
          .section(DEFAULTS)
          .unit("hours")
          .defaultsTo(0)
          .allowed(Allowed.atLeast(0))
          .doc("As `log.roll.jitter.ms`, in hours.")
          .build();

  public static final ConfigKey<Long> LOG_ROLL_JITTER_MS =
      longKey("log.roll.jitter.ms")
          .section(DEFAULTS)
          .unit(MS)
          .defaultShownAs("`log.roll.jitter.hours`")
          .allowed(Allowed.atLeast(0L))
          .synonym(LOG_ROLL_JITTER_HOURS, LogKeys::hoursToMs)
          .clusterWide()
          .doc(
              "At most so much is taken off `log.roll.ms`, at random for each segment, so that not"
                  + " all partitions roll at one moment.")
          .build();

  public static final ConfigKey<Integer> LOG_RETENTION_HOURS =
      intKey("log.retention.hours")
          .section(DEFAULTS)
          .unit("hours")
          .defaultsTo(168)
          .allowed(UNLIMITED_OR_POSITIVE_INT)
          .doc("As `log.retention.ms`, in hours.")
          .build();

  public static final ConfigKey<Integer> LOG_RETENTION_MINUTES =
      intKey("log.retention.minutes")
          .section(DEFAULTS)
          .unit("minutes")
          .defaultShownAs("`log.retention.hours`")
          .allowed(UNLIMITED_OR_POSITIVE_INT)
          .doc("As `log.retention.ms`, in minutes; stronger than hours.")
          .build();

  public static final ConfigKey<Long> LOG_RETENTION_MS =
      longKey("log.retention.ms")
          .section(DEFAULTS)
          .unit(MS)
          .defaultShownAs("`log.retention.minutes`")
          .allowed(UNLIMITED_OR_POSITIVE_LONG)
          .synonym(LOG_RETENTION_MINUTES, LogKeys::minutesToMs)
          .synonym(LOG_RETENTION_HOURS, LogKeys::hoursToMs)
          .clusterWide()
          .doc("A segment is deleted when its newest record is older than this.")
          .build();

  public static final ConfigKey<Long> LOG_RETENTION_BYTES =
      longKey("log.retention.bytes")
          .section(DEFAULTS)
          .unit(BYTES)
          .defaultsTo(-1L)
          .clusterWide()
          .doc(
              "The oldest segments of a partition are deleted while the rest is at least as big as"
                  + " this; for each partition, not for a topic. -1 = no limit.")
          .build();

  public static final ConfigKey<Long> LOG_RETENTION_CHECK_INTERVAL_MS =
      longKey("log.retention.check.interval.ms")
          .section(CARE)
          .unit(MS)
          .defaultsTo(300_000L)
          .allowed(Allowed.atLeast(1L))
          .doc("How often the node looks for segments to delete or to close by age.")
          .build();

  public static final ConfigKey<List<String>> LOG_CLEANUP_POLICY =
      listKey("log.cleanup.policy")
          .section(DEFAULTS)
          .defaultsTo(List.of("delete"))
          .allowed(Allowed.someOf(true, "delete", "compact"))
          .clusterWide()
          .doc(
              "What becomes of old data: `delete` drops old segments by time and size, `compact`"
                  + " keeps the last record of each key; both together are possible, an empty list"
                  + " keeps everything.")
          .build();

  public static final ConfigKey<Integer> LOG_INDEX_INTERVAL_BYTES =
      intKey("log.index.interval.bytes")
          .section(DEFAULTS)
          .unit(BYTES)
          .defaultsTo(4096)
          .allowed(Allowed.atLeast(0))
          .clusterWide()
          .doc(
              "An index entry is made when at least so many bytes follow the last one. Smaller"
                  + " values find offsets with less reading and make bigger indexes.")
          .build();

  public static final ConfigKey<Integer> LOG_INDEX_SIZE_MAX_BYTES =
      intKey("log.index.size.max.bytes")
          .section(DEFAULTS)
          .unit(BYTES)
          .defaultsTo(10 << 20)
          .allowed(Allowed.atLeast(4))
          .clusterWide()
          .doc(
              "A segment is closed when its index reaches this size. Millrace reserves nothing in"
                  + " advance for indexes.")
          .build();

  public static final ConfigKey<Long> LOG_FLUSH_INTERVAL_MESSAGES =
      longKey("log.flush.interval.messages")
          .section(DEFAULTS)
          .unit("records")
          .defaultsTo(Long.MAX_VALUE)
          .allowed(Allowed.atLeast(1L))
          .clusterWide()
          .doc(
              "After so many records a partition is forced to the disk. 1 acknowledges only what is"
                  + " on the disk, with one fsync for all appends that wait for it. The default"
                  + " leaves it to the operating system.")
          .build();

  public static final ConfigKey<Long> LOG_FLUSH_SCHEDULER_INTERVAL_MS =
      longKey("log.flush.scheduler.interval.ms")
          .section(DEFAULTS)
          .unit(MS)
          .defaultsTo(Long.MAX_VALUE)
          .allowed(Allowed.atLeast(0L))
          .doc("Stands in for `log.flush.interval.ms` when that is not set.")
          .build();

  public static final ConfigKey<Long> LOG_FLUSH_INTERVAL_MS =
      longKey("log.flush.interval.ms")
          .section(DEFAULTS)
          .unit(MS)
          .defaultShownAs("`log.flush.scheduler.interval.ms`")
          .allowed(Allowed.atLeast(0L))
          .synonym(LOG_FLUSH_SCHEDULER_INTERVAL_MS)
          .clusterWide()
          .doc("No record stays longer than this in memory only.")
          .build();

  public static final ConfigKey<Long> LOG_SEGMENT_DELETE_DELAY_MS =
      longKey("log.segment.delete.delay.ms")
          .section(DEFAULTS)
          .unit(MS)
          .defaultsTo(60_000L)
          .allowed(Allowed.atLeast(0L))
          .clusterWide()
          .doc("How long the files of a deleted segment or partition stay on the disk, renamed.")
          .build();

  public static final ConfigKey<String> LOG_MESSAGE_TIMESTAMP_TYPE =
      stringKey("log.message.timestamp.type")
          .section(DEFAULTS)
          .defaultsTo("CreateTime")
          .allowed(Allowed.oneOf("CreateTime", "LogAppendTime"))
          .clusterWide()
          .doc(
              "`CreateTime` keeps the time that the producer gave, `LogAppendTime` replaces it by"
                  + " the broker's.")
          .build();

  public static final ConfigKey<Long> LOG_MESSAGE_TIMESTAMP_BEFORE_MAX_MS =
      longKey("log.message.timestamp.before.max.ms")
          .section(DEFAULTS)
          .unit(MS)
          .defaultsTo(Long.MAX_VALUE)
          .allowed(Allowed.atLeast(0L))
          .clusterWide()
          .doc("How far in the past a producer's timestamp may lie; older batches are refused.")
          .build();

  public static final ConfigKey<Long> LOG_MESSAGE_TIMESTAMP_AFTER_MAX_MS =
      longKey("log.message.timestamp.after.max.ms")
          .section(DEFAULTS)
          .unit(MS)
          .defaultsTo(TimeUnit.HOURS.toMillis(1))
          .allowed(Allowed.atLeast(0L))
          .clusterWide()
          .doc("How far in the future a producer's timestamp may lie.")
          .build();

  public static final ConfigKey<Boolean> LOG_PREALLOCATE =
      booleanKey("log.preallocate")
          .section(DEFAULTS)
          .defaultsTo(false)
          .clusterWide()
          .doc("Accepted for compatibility; Millrace never reserves segment files in advance.")
          .build();

  public static final ConfigKey<Integer> MESSAGE_MAX_BYTES =
      intKey("message.max.bytes")
          .section(DEFAULTS)
          .unit(BYTES)
          .defaultsTo(1_048_588)
          .allowed(Allowed.atLeast(0))
          .clusterWide()
          .doc("The largest batch that is accepted, after compression and with its header.")
          .build();

  public static final ConfigKey<String> COMPRESSION_TYPE =
      stringKey("compression.type")
          .section(DEFAULTS)
          .defaultsTo("producer")
          .allowed(Allowed.oneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"))
          .clusterWide()
          .doc(
              "Compression on disk. `producer` keeps what the producer chose and is by far the"
                  + " cheapest; any other value makes the broker compress again what arrives"
                  + " differently.")
          .build();

  public static final ConfigKey<Integer> COMPRESSION_GZIP_LEVEL =
      intKey("compression.gzip.level")
          .section(DEFAULTS)
          .defaultsTo(-1)
          .allowed(new Allowed<>("-1 (zlib's own) or 1 to 9", v -> v == -1 || (v >= 1 && v <= 9)))
          .clusterWide()
          .doc("Level when the broker compresses with gzip.")
          .build();

  public static final ConfigKey<Integer> COMPRESSION_LZ4_LEVEL =
      intKey("compression.lz4.level")
          .section(DEFAULTS)
          .defaultsTo(9)
          .allowed(Allowed.between(1, 17))
          .clusterWide()
          .doc("Level when the broker compresses with lz4.")
          .build();

  public static final ConfigKey<Integer> COMPRESSION_ZSTD_LEVEL =
      intKey("compression.zstd.level")
          .section(DEFAULTS)
          .defaultsTo(3)
          .allowed(Allowed.between(-131_072, 22))
          .clusterWide()
          .doc("Level when the broker compresses with zstd.")
          .build();

  public static final ConfigKey<Double> LOG_CLEANER_MIN_CLEANABLE_RATIO =
      doubleKey("log.cleaner.min.cleanable.ratio")
          .section(DEFAULTS)
          .defaultsTo(0.5)
          .allowed(Allowed.between(0.0, 1.0))
          .clusterWide()
          .doc("Share of a compacted log that must be new before it is compacted again.")
          .build();

  public static final ConfigKey<Long> LOG_CLEANER_DELETE_RETENTION_MS =
      longKey("log.cleaner.delete.retention.ms")
          .section(DEFAULTS)
          .unit(MS)
          .defaultsTo(TimeUnit.DAYS.toMillis(1))
          .allowed(Allowed.atLeast(0L))
          .clusterWide()
          .doc("How long compaction keeps tombstones, so that readers learn of deletions.")
          .build();

  public static final ConfigKey<Long> LOG_CLEANER_MIN_COMPACTION_LAG_MS =
      longKey("log.cleaner.min.compaction.lag.ms")
          .section(DEFAULTS)
          .unit(MS)
          .defaultsTo(0L)
          .allowed(Allowed.atLeast(0L))
          .clusterWide()
          .doc("How long every record stays readable before compaction may remove it.")
          .build();

  public static final ConfigKey<Long> LOG_CLEANER_MAX_COMPACTION_LAG_MS =
      longKey("log.cleaner.max.compaction.lag.ms")
          .section(DEFAULTS)
          .unit(MS)
          .defaultsTo(Long.MAX_VALUE)
          .allowed(Allowed.atLeast(1L))
          .clusterWide()
          .doc("After this time a record is compacted whatever share of the log is new.")
          .build();

  public static final ConfigKey<Integer> MIN_INSYNC_REPLICAS =
      intKey("min.insync.replicas")
          .section(DEFAULTS)
          .defaultsTo(1)
          .allowed(Allowed.atLeast(1))
          .clusterWide()
          .doc(
              "How many replicas must have a record before a producer with acks=all is told so."
                  + " With fewer in sync it gets NOT_ENOUGH_REPLICAS. A new cluster takes it from"
                  + " the file of its first controller; from then on it is one for the cluster,"
                  + " changed while running as a default of all brokers.")
          .build();

  public static final ConfigKey<Boolean> UNCLEAN_LEADER_ELECTION_ENABLE =
      booleanKey("unclean.leader.election.enable")
          .section(DEFAULTS)
          .defaultsTo(false)
          .clusterWide()
          .doc(
              "Whether a replica that is not in sync may lead when no other is left: available"
                  + " sooner, at the price of acknowledged records.")
          .build();

  static final String UNCLEAN_RECOVERY_DOC =
      "Who leads when the power of all in-sync replicas has failed, so that each of their logs may"
          + " have lost its end. `Balanced`: when all of them have reported how far their logs"
          + " reach, the one that has the most. `Aggressive`: the same, but after 5 seconds the"
          + " best of those that have reported, also one that was not in sync; so it is with"
          + " `unclean.leader.election.enable` too. `None`: whom a person elects.";

  public static final ConfigKey<String> UNCLEAN_RECOVERY_STRATEGY =
      stringKey("unclean.recovery.strategy")
          .section(DEFAULTS)
          .defaultsTo("Balanced")
          .allowed(Allowed.oneOf("None", "Balanced", "Aggressive"))
          .clusterWide()
          .doc(UNCLEAN_RECOVERY_DOC)
          .build();

  /** In the order of the reference page. */
  static final List<ConfigKey<?>> ALL =
      List.of(
          LOG_RETENTION_MS,
          LOG_RETENTION_MINUTES,
          LOG_RETENTION_HOURS,
          LOG_RETENTION_BYTES,
          LOG_CLEANUP_POLICY,
          LOG_SEGMENT_BYTES,
          LOG_ROLL_MS,
          LOG_ROLL_HOURS,
          LOG_ROLL_JITTER_MS,
          LOG_ROLL_JITTER_HOURS,
          LOG_SEGMENT_DELETE_DELAY_MS,
          LOG_INDEX_INTERVAL_BYTES,
          LOG_INDEX_SIZE_MAX_BYTES,
          LOG_FLUSH_INTERVAL_MESSAGES,
          LOG_FLUSH_INTERVAL_MS,
          LOG_FLUSH_SCHEDULER_INTERVAL_MS,
          LOG_PREALLOCATE,
          MESSAGE_MAX_BYTES,
          LOG_MESSAGE_TIMESTAMP_TYPE,
          LOG_MESSAGE_TIMESTAMP_BEFORE_MAX_MS,
          LOG_MESSAGE_TIMESTAMP_AFTER_MAX_MS,
          COMPRESSION_TYPE,
          COMPRESSION_GZIP_LEVEL,
          COMPRESSION_LZ4_LEVEL,
          COMPRESSION_ZSTD_LEVEL,
          MIN_INSYNC_REPLICAS,
          UNCLEAN_LEADER_ELECTION_ENABLE,
          UNCLEAN_RECOVERY_STRATEGY,
          LOG_CLEANER_MIN_CLEANABLE_RATIO,
          LOG_CLEANER_DELETE_RETENTION_MS,
          LOG_CLEANER_MIN_COMPACTION_LAG_MS,
          LOG_CLEANER_MAX_COMPACTION_LAG_MS,
          LOG_RETENTION_CHECK_INTERVAL_MS,
          NUM_RECOVERY_THREADS_PER_DATA_DIR);

  private LogKeys() {}

  private static long hoursToMs(int hours) {
    return hours < 0 ? -1 : TimeUnit.HOURS.toMillis(hours);
  }

  private static long minutesToMs(int minutes) {
    return minutes < 0 ? -1 : TimeUnit.MINUTES.toMillis(minutes);
  }
}
