package io.millrace.cluster.hazelcast;

import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.ClassFilter;
import com.hazelcast.config.Config;
import com.hazelcast.config.DiscoveryStrategyConfig;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.config.ReplicatedMapConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;
import com.hazelcast.config.SocketInterceptorConfig;
import com.hazelcast.spi.merge.DiscardMergePolicy;
import com.hazelcast.spi.properties.ClusterProperty;
import com.hazelcast.spi.properties.HazelcastProperty;
import io.millrace.cluster.Discovery;
import io.millrace.cluster.MembershipConfig;
import java.net.Inet6Address;
import java.net.InetAddress;

/**
 * The settings of a Hazelcast member; docs/decisions/0008 and 0009 say why they are as they are.
 *
 * <p>Owner: immutable.
 */
final class HazelcastSettings {
  static final String LIVE_MAP = "millrace.live";

  /**
   * The same on all members. Each is compared with its copies twice a minute, and what is stored is
   * small.
   */
  private static final int PARTITIONS = 7;

  private HazelcastSettings() {}

  /**
   * What differs from one instance to the next.
   *
   * @param instanceName unique in the process
   * @param address to bind, and to be reached by
   * @param port to bind; 0 = any free one
   * @param mergeSeconds how often another part of the cluster is looked for
   *     <p>Owner: immutable.
   */
  record Run(String instanceName, InetAddress address, int port, int mergeSeconds) {}

  /** Puts them together; {@code seeds} is asked with {@link Discovery.Seeds}. */
  static Config of(MembershipConfig membership, Run run, SeedDiscovery seeds) {
    Config config = new Config();
    config.setInstanceName(run.instanceName);
    config.setClusterName(membership.clusterName());
    MemberAttributes.of(membership).forEach(config.getMemberAttributeConfig()::setAttribute);
    config.getJetConfig().setEnabled(false);
    config.getMetricsConfig().setEnabled(false);
    config.getIntegrityCheckerConfig().setEnabled(false);
    failureDetection(config, run.mergeSeconds);
    threads(config);
    network(config, membership, run, seeds);
    nothingByJavaSerialization(config);
    config.addReplicatedMapConfig(
        new ReplicatedMapConfig(LIVE_MAP)
            .setInMemoryFormat(InMemoryFormat.OBJECT)
            .setAsyncFillup(true)
            .setStatisticsEnabled(false)
            .setMergePolicyConfig(
                new MergePolicyConfig().setPolicy(DiscardMergePolicy.class.getName())));
    return config;
  }

  private static void failureDetection(Config config, int mergeSeconds) {
    set(config, ClusterProperty.HEARTBEAT_INTERVAL_SECONDS, 1);
    set(config, ClusterProperty.MAX_NO_HEARTBEAT_SECONDS, 10);
    // Never below 30: with 10 a paused master split three nodes into three clusters.
    set(config, ClusterProperty.MASTERSHIP_CLAIM_TIMEOUT_SECONDS, 60);
    set(config, ClusterProperty.PARTIAL_MEMBER_DISCONNECTION_RESOLUTION_HEARTBEAT_COUNT, 5);
    set(config, ClusterProperty.MERGE_FIRST_RUN_DELAY_SECONDS, mergeSeconds);
    set(config, ClusterProperty.MERGE_NEXT_RUN_DELAY_SECONDS, mergeSeconds);
    set(config, ClusterProperty.OPERATION_CALL_TIMEOUT_MILLIS, 10_000);
    // How long the first member gathers others before it deals out partitions.
    set(config, ClusterProperty.WAIT_SECONDS_BEFORE_JOIN, 1);
    set(config, ClusterProperty.MAX_WAIT_SECONDS_BEFORE_JOIN, 5);
    set(config, ClusterProperty.MAX_JOIN_SECONDS, 60);
    // A member that cannot reach one of the others is a member nevertheless.
    set(config, ClusterProperty.CONNECT_ALL_WAIT_SECONDS, 5);
    set(config, ClusterProperty.GRACEFUL_SHUTDOWN_MAX_WAIT, 3);
  }

  private static void threads(Config config) {
    set(config, ClusterProperty.PARTITION_COUNT, PARTITIONS);
    set(config, ClusterProperty.PARTITION_OPERATION_THREAD_COUNT, 2);
    // Of what has one owner and copies: nothing.
    set(config, ClusterProperty.PARTITION_BACKUP_SYNC_INTERVAL, 600);
    set(config, ClusterProperty.GENERIC_OPERATION_THREAD_COUNT, 2);
    set(config, ClusterProperty.RESPONSE_THREAD_COUNT, 1);
    set(config, ClusterProperty.EVENT_THREAD_COUNT, 1);
    set(config, ClusterProperty.IO_THREAD_COUNT, 2);
    set(config, ClusterProperty.SLOW_OPERATION_DETECTOR_ENABLED, false);
    set(config, ClusterProperty.HEALTH_MONITORING_LEVEL, "OFF");
    set(config, ClusterProperty.PHONE_HOME_ENABLED, false);
    set(config, ClusterProperty.SHUTDOWNHOOK_ENABLED, false);
    set(config, ClusterProperty.LOGGING_TYPE, "slf4j");
    set(config, ClusterProperty.LOGGING_ENABLE_DETAILS, false);
  }

  /** Only members on the port: no clients, no REST. */
  private static void network(
      Config config, MembershipConfig membership, Run run, SeedDiscovery seeds) {
    set(config, ClusterProperty.SOCKET_BIND_ANY, false);
    config.setProperty("hazelcast.local.localAddress", run.address.getHostAddress());
    if (run.address instanceof Inet6Address) {
      set(config, ClusterProperty.PREFER_IPv4_STACK, false);
    }
    ServerSocketEndpointConfig endpoint = new ServerSocketEndpointConfig();
    // Which one, GuardedInstance says.
    endpoint.setSocketInterceptorConfig(new SocketInterceptorConfig().setEnabled(true));
    endpoint.setPort(run.port).setPortAutoIncrement(false).setReuseAddress(true);
    AdvancedNetworkConfig network = config.getAdvancedNetworkConfig();
    network.setEnabled(true).setMemberEndpointConfig(endpoint);
    JoinConfig join = network.getJoin();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    // So long are those that can be reached asked for the first member before one of them becomes
    // it. Several first members, if one answers later, find each other as parts of the cluster.
    join.getTcpIpConfig().setConnectionTimeoutSeconds(1);
    Discovery discovery = membership.discovery();
    if (discovery instanceof Discovery.Seeds) {
      set(config, ClusterProperty.DISCOVERY_SPI_ENABLED, true);
      join.getDiscoveryConfig().addDiscoveryStrategyConfig(new DiscoveryStrategyConfig(seeds));
    } else if (discovery instanceof Discovery.Multicast multicast) {
      // On loopback, so that it works without a network too.
      set(config, ClusterProperty.MULTICAST_SOCKET_SET_INTERFACE, true);
      join.getMulticastConfig()
          .setEnabled(true)
          .setMulticastGroup(multicast.group())
          .setMulticastPort(multicast.port())
          .setMulticastTimeToLive(0)
          .setMulticastTimeoutSeconds(2)
          .setLoopbackModeEnabled(true);
    } else if (discovery instanceof Discovery.Kubernetes kubernetes) {
      join.getKubernetesConfig()
          .setEnabled(true)
          .setProperty("service-dns", kubernetes.serviceDns())
          .setProperty("service-port", Integer.toString(kubernetes.port()));
    }
  }

  /**
   * Without a secret anybody can get through the port's gate, so that what arrives there must not
   * be able to name a class to create. What is stored are texts and bytes; only failures that
   * members report to each other are Java objects.
   */
  private static void nothingByJavaSerialization(Config config) {
    ClassFilter allowed =
        new ClassFilter()
            .addPrefixes(
                "com.hazelcast.",
                "java.lang.",
                "java.io.",
                "java.util.Collections$",
                "java.util.concurrent.",
                "[Ljava.lang.");
    allowed.addClasses("java.util.ArrayList");
    ClassFilter refused = new ClassFilter().addPrefixes("java.lang.invoke.", "java.lang.reflect.");
    config
        .getSerializationConfig()
        .setEnableCompression(false)
        .setJavaSerializationFilterConfig(
            new JavaSerializationFilterConfig()
                .setDefaultsDisabled(true)
                .setWhitelist(allowed)
                .setBlacklist(refused));
  }

  private static void set(Config config, HazelcastProperty property, Object value) {
    config.setProperty(property.getName(), value.toString());
  }
}
