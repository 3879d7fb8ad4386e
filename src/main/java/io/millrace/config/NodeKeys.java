package io.millrace.config;

import static io.millrace.config.ConfigKey.booleanKey;
import static io.millrace.config.ConfigKey.intKey;
import static io.millrace.config.ConfigKey.listKey;
import static io.millrace.config.ConfigKey.longKey;
import static io.millrace.config.ConfigKey.passwordKey;
import static io.millrace.config.ConfigKey.stringKey;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Every setting of a node: identity, connections, requests, HTTP and cluster here, those of the
 * listeners in {@link ListenerKeys}, of the logs in {@link LogKeys}, of groups in {@link
 * GroupKeys}, of the controller in {@link ControllerKeys}. Names, units and defaults are Kafka's
 * where Kafka has the key.
 *
 * <p>Owner: immutable.
 */
public final class NodeKeys {
  private static final String IDENTITY = "The node";
  private static final String CONNECTIONS = "Connections and requests";
  private static final String TOPICS = "Creating and deleting topics";
  private static final String PRODUCERS = "Producers";
  private static final String HTTP = "HTTP";
  private static final String CLUSTER = "Cluster";
  private static final String MS = "ms";
  private static final String BYTES = "bytes";

  public static final ConfigKey<Integer> BROKER_ID =
      intKey("broker.id")
          .section(IDENTITY)
          .allowed(Allowed.orAtLeast(-1, "generated", 0))
          .doc("The old name of `node.id`, used when that is not set.")
          .build();

  public static final ConfigKey<Integer> NODE_ID =
      intKey("node.id")
          .section(IDENTITY)
          .defaultShownAs("generated at the first start")
          .allowed(Allowed.orAtLeast(-1, "generated", 0))
          .synonym(BROKER_ID)
          .doc(
              "The node's number in the cluster, different for each node. When it is not given, one"
                  + " is chosen at the first start and kept in the log directory.")
          .build();

  public static final ConfigKey<List<String>> PROCESS_ROLES =
      listKey("process.roles")
          .section(IDENTITY)
          .defaultsTo(List.of("broker", "controller"))
          .allowed(Allowed.someOf(false, "broker", "controller"))
          .doc(
              "`broker` serves clients, `controller` may vote on the cluster's metadata; a single"
                  + " node needs both.")
          .build();

  public static final ConfigKey<String> BROKER_RACK =
      stringKey("broker.rack")
          .section(IDENTITY)
          .doc("The rack or zone of the node; replicas are spread over racks.")
          .build();

  public static final ConfigKey<Integer> NUM_NETWORK_THREADS =
      intKey("num.network.threads")
          .section(IDENTITY)
          .defaultsTo(Runtime.getRuntime().availableProcessors())
          .defaultShownAs("number of cores")
          .allowed(Allowed.between(1, 1024))
          .doc("Event loops. Each serves connections and owns partitions; none ever waits.")
          .build();

  public static final ConfigKey<Boolean> UNSTABLE_API_VERSIONS_ENABLE =
      booleanKey("unstable.api.versions.enable")
          .section(IDENTITY)
          .defaultsTo(false)
          .doc(
              "Whether versions of requests that Kafka marks as unstable are offered to clients."
                  + " This version of Millrace serves none.")
          .build();

  public static final ConfigKey<Integer> INTERNAL_PORT =
      intKey("internal.port")
          .section(CLUSTER)
          .defaultsTo(9093)
          .allowed(Allowed.port())
          .doc(
              "Port for what nodes say to each other, authenticated by `cluster.secret`, not"
                  + " encrypted.")
          .build();

  public static final ConfigKey<Integer> SOCKET_REQUEST_MAX_BYTES =
      intKey("socket.request.max.bytes")
          .section(CONNECTIONS)
          .unit(BYTES)
          .defaultsTo(100 << 20)
          .allowed(Allowed.atLeast(1))
          .doc(
              "A larger request closes the connection before anything is allocated for it. More is"
                  + " let through when `max.message.bytes` of a topic needs it.")
          .build();

  public static final ConfigKey<Integer> SOCKET_SEND_BUFFER_BYTES =
      intKey("socket.send.buffer.bytes")
          .section(CONNECTIONS)
          .unit(BYTES)
          .defaultsTo(102_400)
          .allowed(Allowed.orAtLeast(-1, "the operating system's", 1024))
          .doc("SO_SNDBUF of client connections.")
          .build();

  public static final ConfigKey<Integer> SOCKET_RECEIVE_BUFFER_BYTES =
      intKey("socket.receive.buffer.bytes")
          .section(CONNECTIONS)
          .unit(BYTES)
          .defaultsTo(102_400)
          .allowed(Allowed.orAtLeast(-1, "the operating system's", 1024))
          .doc("SO_RCVBUF of client connections.")
          .build();

  public static final ConfigKey<Integer> SOCKET_LISTEN_BACKLOG_SIZE =
      intKey("socket.listen.backlog.size")
          .section(CONNECTIONS)
          .defaultsTo(50)
          .allowed(Allowed.atLeast(1))
          .doc("How many connections may wait to be accepted.")
          .build();

  public static final ConfigKey<Long> QUEUED_MAX_REQUEST_BYTES =
      longKey("queued.max.request.bytes")
          .section(CONNECTIONS)
          .unit(BYTES)
          .defaultsTo(-1L)
          .allowed(Allowed.orAtLeast(-1L, "a quarter of the heap's limit, 32 MiB at least", 1L))
          .doc(
              "Memory for requests that are being handled, all connections together, and as much"
                  + " again for those that have arrived in part. When it is used up connections are"
                  + " not read from until some is free; those that send less than 64 KiB a second"
                  + " are closed then.")
          .build();

  public static final ConfigKey<Long> CONNECTIONS_MAX_IDLE_MS =
      longKey("connections.max.idle.ms")
          .section(CONNECTIONS)
          .unit(MS)
          .defaultsTo(600_000L)
          .allowed(Allowed.orAtLeast(-1L, "never", 1L))
          .doc("A connection on which nothing happened for so long is closed.")
          .build();

  public static final ConfigKey<Integer> MAX_REQUEST_PARTITION_SIZE_LIMIT =
      intKey("max.request.partition.size.limit")
          .section(CONNECTIONS)
          .defaultsTo(2_000)
          .allowed(Allowed.atLeast(1))
          .doc("Partitions in one answer to DescribeTopicPartitions; the client asks for the rest.")
          .build();

  public static final ConfigKey<Integer> MAX_CONNECTIONS =
      intKey("max.connections")
          .section(CONNECTIONS)
          .defaultsTo(Integer.MAX_VALUE)
          .allowed(Allowed.atLeast(0))
          .clusterWide()
          .doc("Client connections of the node at one time; further ones are closed at once.")
          .build();

  public static final ConfigKey<Integer> MAX_CONNECTIONS_PER_IP =
      intKey("max.connections.per.ip")
          .section(CONNECTIONS)
          .defaultsTo(Integer.MAX_VALUE)
          .allowed(Allowed.atLeast(0))
          .clusterWide()
          .doc("Client connections from one address at one time.")
          .build();

  public static final ConfigKey<List<String>> MAX_CONNECTIONS_PER_IP_OVERRIDES =
      listKey("max.connections.per.ip.overrides")
          .section(CONNECTIONS)
          .defaultsTo(List.of())
          .allowed(
              new Allowed<>(
                  "a list of address:count",
                  list -> list.stream().allMatch(e -> e.matches(".+:\\d{1,9}"))))
          .clusterWide()
          .doc("Addresses with another limit than `max.connections.per.ip`: `10.0.0.7:200`.")
          .build();

  public static final ConfigKey<Integer> FETCH_MAX_BYTES =
      intKey("fetch.max.bytes")
          .section(CONNECTIONS)
          .unit(BYTES)
          .defaultsTo(55 << 20)
          .allowed(Allowed.atLeast(1024))
          .doc("The most that one fetch returns, whatever the client asks for.")
          .build();

  public static final ConfigKey<Integer> MAX_INCREMENTAL_FETCH_SESSION_CACHE_SLOTS =
      intKey("max.incremental.fetch.session.cache.slots")
          .section(CONNECTIONS)
          .defaultsTo(1000)
          .allowed(Allowed.atLeast(0))
          .doc("How many fetch sessions (KIP-227) the node remembers.")
          .build();

  public static final ConfigKey<Integer> NUM_PARTITIONS =
      intKey("num.partitions")
          .section(TOPICS)
          .defaultsTo(1)
          .allowed(Allowed.atLeast(1))
          .doc("Partitions of a new topic when the request does not say.")
          .build();

  public static final ConfigKey<Integer> DEFAULT_REPLICATION_FACTOR =
      intKey("default.replication.factor")
          .section(TOPICS)
          .defaultsTo(1)
          .allowed(Allowed.between(1, (int) Short.MAX_VALUE))
          .doc("Replicas of a new topic when the request does not say.")
          .build();

  public static final ConfigKey<Boolean> AUTO_CREATE_TOPICS_ENABLE =
      booleanKey("auto.create.topics.enable")
          .section(TOPICS)
          .defaultsTo(true)
          .doc("Whether a client that asks for an unknown topic, and wants it created, gets it.")
          .build();

  public static final ConfigKey<Boolean> DELETE_TOPIC_ENABLE =
      booleanKey("delete.topic.enable")
          .section(TOPICS)
          .defaultsTo(true)
          .doc("Whether topics can be deleted.")
          .build();

  public static final ConfigKey<Integer> PRODUCER_ID_EXPIRATION_MS =
      intKey("producer.id.expiration.ms")
          .section(PRODUCERS)
          .unit(MS)
          .defaultsTo(86_400_000)
          .allowed(Allowed.atLeast(1))
          .clusterWide()
          .doc(
              "How long a partition remembers the sequence of an idempotent producer that writes"
                  + " nothing.")
          .build();

  public static final ConfigKey<Integer> HTTP_PORT =
      intKey("http.port")
          .section(HTTP)
          .defaultsTo(8080)
          .allowed(
              new Allowed<>(
                  "-1 (off), 0 (any free port) to 65535", port -> port >= -1 && port <= 65535))
          .doc(
              "Port for health, metrics and the read-only API. It serves 64 connections at one"
                  + " time; for a further one that which was idle longest is closed.")
          .build();

  public static final ConfigKey<String> HTTP_HOST =
      stringKey("http.host")
          .section(HTTP)
          .defaultsTo("127.0.0.1")
          .allowed(new Allowed<>("a host name or address", host -> !host.isBlank()))
          .doc(
              "Address for HTTP. There is no authentication yet, so give it another than loopback"
                  + " only where everybody who reaches it may read it.")
          .build();

  public static final ConfigKey<Integer> METRICS_GROUP_SERIES_MAX =
      intKey("metrics.group.series.max")
          .section(HTTP)
          .defaultsTo(1_000)
          .allowed(new Allowed<>("0 to 10000", max -> max >= 0 && max <= 10_000))
          .doc(
              "Pairs of group and topic whose lag `/metrics` shows; those with the largest lag are"
                  + " shown.")
          .build();

  public static final ConfigKey<Long> METRICS_GROUP_INTERVAL_MS =
      longKey("metrics.group.interval.ms")
          .section(HTTP)
          .unit("ms")
          .defaultsTo(15_000L)
          .allowed(Allowed.atLeast(100L))
          .doc("How often the lag of groups is computed for `/metrics`.")
          .build();

  public static final ConfigKey<String> CLUSTER_ID =
      stringKey("cluster.id")
          .section(CLUSTER)
          .defaultShownAs("generated at the first start")
          .allowed(
              new Allowed<>(
                  "22 characters of URL-safe base64", id -> id.matches("[A-Za-z0-9_-]{22}")))
          .doc(
              "Identity of the cluster. Only needed to give a new cluster a known one, or to make"
                  + " sure of it: a node whose data is of another cluster than this one refuses to"
                  + " start, and one without data does not join another.")
          .build();

  public static final ConfigKey<List<String>> CLUSTER_SEEDS =
      listKey("cluster.seeds")
          .section(CLUSTER)
          .defaultsTo(List.of())
          .allowed(
              new Allowed<>(
                  "a list of different " + Seed.FORM,
                  list ->
                      list.stream().distinct().count() == list.size()
                          && list.stream().allMatch(Seed::isValid)))
          .doc(
              "Members to find the others by; the port is their `cluster.port`. The first 3 that"
                  + " may be voters are the initial voters. Empty = a cluster of one.")
          .build();

  public static final ConfigKey<Integer> CLUSTER_PORT =
      intKey("cluster.port")
          .section(CLUSTER)
          .defaultsTo(5701)
          .allowed(Allowed.port())
          .doc(
              "Port for membership (Hazelcast), authenticated by `cluster.secret`, not encrypted."
                  + " It must differ from `internal.port`.")
          .build();

  public static final ConfigKey<String> CLUSTER_HOST =
      stringKey("cluster.host")
          .section(CLUSTER)
          .defaultShownAs("loopback alone, else the interface that reaches the seeds")
          .allowed(new Allowed<>("a host name or address", host -> !host.isBlank()))
          .doc("Address for `internal.port` and `cluster.port`. Keep it private.")
          .build();

  public static final ConfigKey<Integer> CLUSTER_VOTERS_TARGET =
      intKey("cluster.voters.target")
          .section(CLUSTER)
          .defaultsTo(3)
          .allowed(new Allowed<>("1, 3, 5, 7", n -> n == 1 || n == 3 || n == 5 || n == 7))
          .doc("How many nodes vote on the cluster's metadata once there are enough.")
          .build();

  public static final ConfigKey<Password> CLUSTER_SECRET =
      passwordKey("cluster.secret")
          .section(CLUSTER)
          .doc(
              "Shared secret of the nodes. Without it the ports of the cluster are bound to private"
                  + " and loopback addresses only.")
          .build();

  private static final List<ConfigKey<?>> IN_ORDER = new ArrayList<>();
  private static final SortedMap<String, ConfigKey<?>> BY_NAME = new TreeMap<>();

  static {
    Collections.addAll(
        IN_ORDER,
        NODE_ID,
        BROKER_ID,
        PROCESS_ROLES,
        BROKER_RACK,
        NUM_NETWORK_THREADS,
        UNSTABLE_API_VERSIONS_ENABLE);
    IN_ORDER.addAll(ListenerKeys.ALL);
    Collections.addAll(
        IN_ORDER,
        SOCKET_REQUEST_MAX_BYTES,
        SOCKET_SEND_BUFFER_BYTES,
        SOCKET_RECEIVE_BUFFER_BYTES,
        SOCKET_LISTEN_BACKLOG_SIZE,
        QUEUED_MAX_REQUEST_BYTES,
        CONNECTIONS_MAX_IDLE_MS,
        MAX_REQUEST_PARTITION_SIZE_LIMIT,
        MAX_CONNECTIONS,
        MAX_CONNECTIONS_PER_IP,
        MAX_CONNECTIONS_PER_IP_OVERRIDES);
    IN_ORDER.addAll(QuotaKeys.ALL);
    Collections.addAll(
        IN_ORDER,
        FETCH_MAX_BYTES,
        MAX_INCREMENTAL_FETCH_SESSION_CACHE_SLOTS,
        NUM_PARTITIONS,
        DEFAULT_REPLICATION_FACTOR,
        AUTO_CREATE_TOPICS_ENABLE,
        DELETE_TOPIC_ENABLE);
    IN_ORDER.addAll(TopicLimitKeys.ALL);
    IN_ORDER.addAll(LogDirKeys.ALL);
    IN_ORDER.addAll(LogKeys.ALL);
    IN_ORDER.addAll(GroupKeys.ALL);
    IN_ORDER.addAll(CleanerKeys.ALL);
    IN_ORDER.addAll(ScrubKeys.ALL);
    IN_ORDER.addAll(ConsumerGroupKeys.ALL);
    IN_ORDER.addAll(TransactionKeys.ALL);
    Collections.addAll(
        IN_ORDER,
        PRODUCER_ID_EXPIRATION_MS,
        HTTP_PORT,
        HTTP_HOST,
        METRICS_GROUP_SERIES_MAX,
        METRICS_GROUP_INTERVAL_MS);
    IN_ORDER.addAll(TelemetryKeys.ALL);
    IN_ORDER.add(CLUSTER_SEEDS);
    IN_ORDER.addAll(ClusterKeys.ALL);
    Collections.addAll(
        IN_ORDER,
        CLUSTER_HOST,
        CLUSTER_PORT,
        INTERNAL_PORT,
        CLUSTER_SECRET,
        CLUSTER_ID,
        CLUSTER_VOTERS_TARGET);
    IN_ORDER.addAll(ControllerKeys.ALL);
    IN_ORDER.addAll(ReplicaKeys.ALL);
    IN_ORDER.forEach(key -> BY_NAME.put(key.name(), key));
  }

  private NodeKeys() {}

  /** All keys, by name. */
  public static Collection<ConfigKey<?>> all() {
    return Collections.unmodifiableCollection(BY_NAME.values());
  }

  /** All keys in the order of the reference page. */
  static List<ConfigKey<?>> inOrder() {
    return Collections.unmodifiableList(IN_ORDER);
  }

  /** null = there is no such key. */
  public static ConfigKey<?> find(String name) {
    return BY_NAME.get(name);
  }

  /**
   * Checks the complete dynamic configs of one broker, or of all brokers together.
   *
   * @param oneBroker true = of one broker, false = the default of all brokers
   * @return why they are refused (INVALID_CONFIG); empty = accepted
   */
  public static Optional<String> validateDynamic(Map<String, String> configs, boolean oneBroker) {
    for (Map.Entry<String, String> config : new TreeMap<>(configs).entrySet()) {
      ConfigKey<?> key = find(config.getKey());
      if (key == null) {
        return Optional.of(
            "Unknown broker config name: "
                + config.getKey()
                + ": "
                + UnknownKeys.explain(config.getKey()));
      }
      if (config.getValue() == null) {
        return Optional.of("Null value not supported for broker configs: " + config.getKey());
      }
      switch (key.updateMode()) {
        case READ_ONLY -> {
          return Optional.of(
              "Cannot update "
                  + key.name()
                  + " while the node runs; set it in the node's file and start it again");
        }
        case PER_BROKER -> {
          if (!oneBroker) {
            return Optional.of("Cannot update " + key.name() + " for all brokers; name the broker");
          }
        }
        case CLUSTER_WIDE -> {
          if (oneBroker && TopicLimitKeys.ALL.contains(key)) {
            return Optional.of(
                key.name() + " cannot differ between brokers; set it as the default of all");
          }
        }
      }
      try {
        key.parse(config.getValue());
      } catch (IllegalArgumentException e) {
        return Optional.of(e.getMessage());
      }
    }
    return Optional.empty();
  }
}
