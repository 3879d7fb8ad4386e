package io.millrace.config;

import static io.millrace.config.ConfigKey.intKey;
import static io.millrace.config.ConfigKey.longKey;
import static io.millrace.config.ConfigKey.stringKey;

import java.util.List;

/**
 * How followers fetch from leaders, and when they are in sync. Names, units and defaults are
 * Kafka's.
 *
 * <p>Owner: immutable.
 */
public final class ReplicaKeys {
  private static final String REPLICATION = "Replication";

  /** Kafka's selector of the replica in the consumer's rack. */
  public static final String RACK_AWARE_SELECTOR =
      "org.apache.kafka.common.replica.RackAwareReplicaSelector";

  public static final ConfigKey<Long> REPLICA_LAG_TIME_MAX_MS =
      longKey("replica.lag.time.max.ms")
          .section(REPLICATION)
          .unit("ms")
          .defaultsTo(30_000L)
          .allowed(Allowed.atLeast(1L))
          .doc(
              "A follower that has not had everything of its leader for so long leaves the in-sync"
                  + " replicas. One whose broker is fenced leaves at once.")
          .build();

  public static final ConfigKey<Integer> REPLICA_FETCH_WAIT_MAX_MS =
      intKey("replica.fetch.wait.max.ms")
          .section(REPLICATION)
          .unit("ms")
          .defaultsTo(500)
          .allowed(Allowed.atLeast(0))
          .doc("How long a leader may wait for `replica.fetch.min.bytes` before it answers.")
          .build();

  public static final ConfigKey<Integer> REPLICA_FETCH_MIN_BYTES =
      intKey("replica.fetch.min.bytes")
          .section(REPLICATION)
          .unit("bytes")
          .defaultsTo(1)
          .allowed(Allowed.atLeast(0))
          .doc("Bytes that a leader waits for before it answers a follower.")
          .build();

  public static final ConfigKey<Integer> REPLICA_FETCH_MAX_BYTES =
      intKey("replica.fetch.max.bytes")
          .section(REPLICATION)
          .unit("bytes")
          .defaultsTo(1 << 20)
          .allowed(Allowed.atLeast(0))
          .doc(
              "Bytes of one partition in one answer to a follower; the first batch of an answer is"
                  + " sent whole in any case.")
          .build();

  public static final ConfigKey<Integer> REPLICA_FETCH_RESPONSE_MAX_BYTES =
      intKey("replica.fetch.response.max.bytes")
          .section(REPLICATION)
          .unit("bytes")
          .defaultsTo(10 << 20)
          .allowed(Allowed.atLeast(0))
          .doc("Bytes of one answer to a follower.")
          .build();

  public static final ConfigKey<Integer> REPLICA_FETCH_BACKOFF_MS =
      intKey("replica.fetch.backoff.ms")
          .section(REPLICATION)
          .unit("ms")
          .defaultsTo(1_000)
          .allowed(Allowed.atLeast(0))
          .doc(
              "Longest pause before a follower asks again when its leader could not answer; it"
                  + " begins with a fraction of it.")
          .build();

  public static final ConfigKey<Integer> REPLICA_SOCKET_TIMEOUT_MS =
      intKey("replica.socket.timeout.ms")
          .section(REPLICATION)
          .unit("ms")
          .defaultsTo(30_000)
          .allowed(Allowed.atLeast(1))
          .doc(
              "How long a follower waits for its leader's answer, `replica.fetch.wait.max.ms`"
                  + " included.")
          .build();

  public static final ConfigKey<Integer> NUM_REPLICA_FETCHERS =
      intKey("num.replica.fetchers")
          .section(REPLICATION)
          .defaultsTo(1)
          .allowed(Allowed.between(1, 64))
          .doc(
              "Connections to each leader for the partitions that have caught up; those that have"
                  + " not share another one.")
          .build();

  public static final ConfigKey<String> REPLICA_SELECTOR_CLASS =
      stringKey("replica.selector.class")
          .section(REPLICATION)
          .defaultShownAs("none: consumers read from the leader")
          .allowed(Allowed.oneOf(RACK_AWARE_SELECTOR))
          .doc(
              "Who serves a consumer: with Kafka's selector a replica in the rack that the consumer"
                  + " names with `client.rack` (KIP-392).")
          .build();

  public static final ConfigKey<Long> LEADER_REPLICATION_THROTTLED_RATE =
      longKey("leader.replication.throttled.rate")
          .section(REPLICATION)
          .unit("bytes/s")
          .defaultsTo(Long.MAX_VALUE)
          .allowed(Allowed.atLeast(1L))
          .clusterWide()
          .doc(
              "How fast this node sends to followers out of sync what"
                  + " `leader.replication.throttled.replicas` of topics name (KIP-73).")
          .build();

  public static final ConfigKey<Long> FOLLOWER_REPLICATION_THROTTLED_RATE =
      longKey("follower.replication.throttled.rate")
          .section(REPLICATION)
          .unit("bytes/s")
          .defaultsTo(Long.MAX_VALUE)
          .allowed(Allowed.atLeast(1L))
          .clusterWide()
          .doc(
              "How fast followers on this node that are out of sync copy what"
                  + " `follower.replication.throttled.replicas` of topics name (KIP-73).")
          .build();

  public static final ConfigKey<Long> REPLICA_ALTER_LOG_DIRS_IO_MAX_BYTES_PER_SECOND =
      longKey("replica.alter.log.dirs.io.max.bytes.per.second")
          .section(REPLICATION)
          .unit("bytes/s")
          .defaultsTo(Long.MAX_VALUE)
          .allowed(Allowed.atLeast(1L))
          .clusterWide()
          .doc(
              "How fast this node copies logs that move to another of its log directories, all"
                  + " together (KIP-113).")
          .build();

  public static final ConfigKey<Integer> NUM_REPLICA_ALTER_LOG_DIRS_THREADS =
      intKey("num.replica.alter.log.dirs.threads")
          .section(REPLICATION)
          .defaultShownAs("the number of `log.dirs`")
          .allowed(Allowed.atLeast(1))
          .doc("How many logs that move to another log directory are copied at a time.")
          .build();

  static final List<ConfigKey<?>> ALL =
      List.of(
          REPLICA_LAG_TIME_MAX_MS,
          REPLICA_FETCH_WAIT_MAX_MS,
          REPLICA_FETCH_MIN_BYTES,
          REPLICA_FETCH_MAX_BYTES,
          REPLICA_FETCH_RESPONSE_MAX_BYTES,
          REPLICA_FETCH_BACKOFF_MS,
          REPLICA_SOCKET_TIMEOUT_MS,
          NUM_REPLICA_FETCHERS,
          REPLICA_SELECTOR_CLASS,
          LEADER_REPLICATION_THROTTLED_RATE,
          FOLLOWER_REPLICATION_THROTTLED_RATE,
          REPLICA_ALTER_LOG_DIRS_IO_MAX_BYTES_PER_SECOND,
          NUM_REPLICA_ALTER_LOG_DIRS_THREADS);

  private ReplicaKeys() {}
}
