package io.millrace.config;

import static io.millrace.config.ConfigKey.intKey;
import static io.millrace.config.ConfigKey.longKey;
import static io.millrace.config.ConfigKey.shortKey;

import java.util.List;

/**
 * Keys of the node about consumer groups and the offsets they commit. Names, units and defaults are
 * Kafka's.
 *
 * <p>Owner: immutable.
 */
public final class GroupKeys {
  private static final String GROUPS = "Consumer groups";
  private static final String OFFSETS = "Committed offsets";
  private static final String MS = "ms";
  private static final String BYTES = "bytes";

  public static final ConfigKey<Integer> GROUP_MIN_SESSION_TIMEOUT_MS =
      intKey("group.min.session.timeout.ms")
          .section(GROUPS)
          .unit(MS)
          .defaultsTo(6_000)
          .allowed(Allowed.atLeast(1))
          .doc("The shortest session timeout that a member may ask for.")
          .build();

  public static final ConfigKey<Integer> GROUP_MAX_SESSION_TIMEOUT_MS =
      intKey("group.max.session.timeout.ms")
          .section(GROUPS)
          .unit(MS)
          .defaultsTo(1_800_000)
          .allowed(Allowed.atLeast(1))
          .doc("The longest session timeout that a member may ask for.")
          .build();

  public static final ConfigKey<Integer> GROUP_INITIAL_REBALANCE_DELAY_MS =
      intKey("group.initial.rebalance.delay.ms")
          .section(GROUPS)
          .unit(MS)
          .defaultsTo(3_000)
          .allowed(Allowed.atLeast(0))
          .doc(
              "How long an empty group waits for more members after the first has come, so that a"
                  + " service that starts all its instances rebalances once.")
          .build();

  public static final ConfigKey<Integer> GROUP_MAX_SIZE =
      intKey("group.max.size")
          .section(GROUPS)
          .defaultsTo(Integer.MAX_VALUE)
          .allowed(Allowed.atLeast(1))
          .doc("Members that a group can have.")
          .build();

  public static final ConfigKey<Integer> OFFSETS_TOPIC_NUM_PARTITIONS =
      intKey("offsets.topic.num.partitions")
          .section(OFFSETS)
          .defaultsTo(50)
          .allowed(Allowed.atLeast(1))
          .doc(
              "Partitions of `__consumer_offsets`, which is created when the first group appears. The"
                  + " groups are spread over them; the number must not change afterwards.")
          .build();

  public static final ConfigKey<Short> OFFSETS_TOPIC_REPLICATION_FACTOR =
      shortKey("offsets.topic.replication.factor")
          .section(OFFSETS)
          .defaultsTo((short) 3)
          .allowed(Allowed.atLeast((short) 1))
          .doc(
              "Replicas of `__consumer_offsets`; while there are fewer nodes, as many as there are"
                  + " nodes.")
          .build();

  public static final ConfigKey<Integer> OFFSETS_TOPIC_SEGMENT_BYTES =
      intKey("offsets.topic.segment.bytes")
          .section(OFFSETS)
          .unit(BYTES)
          .defaultsTo(100 << 20)
          .allowed(Allowed.atLeast(1 << 20))
          .doc(
              "`segment.bytes` of `__consumer_offsets` when it is created. Small segments are"
                  + " compacted sooner, and loaded faster.")
          .build();

  public static final ConfigKey<Integer> OFFSETS_LOAD_BUFFER_SIZE =
      intKey("offsets.load.buffer.size")
          .section(OFFSETS)
          .unit(BYTES)
          .defaultsTo(5 << 20)
          .allowed(Allowed.atLeast(1))
          .doc(
              "How much is read at once while the partitions of `__consumer_offsets` are loaded,"
                  + " roughly, all together.")
          .build();

  public static final ConfigKey<Integer> OFFSETS_COMMIT_TIMEOUT_MS =
      intKey("offsets.commit.timeout.ms")
          .section(OFFSETS)
          .unit(MS)
          .defaultsTo(5_000)
          .allowed(Allowed.atLeast(1))
          .doc(
              "How long whatever a group does waits for the replicas of `__consumer_offsets` before"
                  + " the client is told to try again.")
          .build();

  public static final ConfigKey<Integer> OFFSET_METADATA_MAX_BYTES =
      intKey("offset.metadata.max.bytes")
          .section(OFFSETS)
          .unit(BYTES)
          .defaultsTo(4_096)
          .allowed(Allowed.atLeast(0))
          .doc("Length of the text that a client may add to an offset.")
          .build();

  public static final ConfigKey<Integer> OFFSETS_RETENTION_MINUTES =
      intKey("offsets.retention.minutes")
          .section(OFFSETS)
          .unit("minutes")
          .defaultsTo(7 * 24 * 60)
          .allowed(Allowed.atLeast(1))
          .doc(
              "How long a group's offsets are kept after its last member has left, and those of"
                  + " consumers that are in no group after each commit. The group goes with its last"
                  + " offset.")
          .build();

  public static final ConfigKey<Long> OFFSETS_RETENTION_CHECK_INTERVAL_MS =
      longKey("offsets.retention.check.interval.ms")
          .section(OFFSETS)
          .unit(MS)
          .defaultsTo(600_000L)
          .allowed(Allowed.atLeast(1L))
          .doc("How often it is looked for offsets whose time is over.")
          .build();

  /** All keys in the order of the reference page. */
  static final List<ConfigKey<?>> ALL =
      List.of(
          GROUP_MIN_SESSION_TIMEOUT_MS,
          GROUP_MAX_SESSION_TIMEOUT_MS,
          GROUP_INITIAL_REBALANCE_DELAY_MS,
          GROUP_MAX_SIZE,
          OFFSETS_TOPIC_NUM_PARTITIONS,
          OFFSETS_TOPIC_REPLICATION_FACTOR,
          OFFSETS_TOPIC_SEGMENT_BYTES,
          OFFSETS_LOAD_BUFFER_SIZE,
          OFFSETS_COMMIT_TIMEOUT_MS,
          OFFSET_METADATA_MAX_BYTES,
          OFFSETS_RETENTION_MINUTES,
          OFFSETS_RETENTION_CHECK_INTERVAL_MS);

  private GroupKeys() {}
}
