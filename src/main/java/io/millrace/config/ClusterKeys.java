package io.millrace.config;

import static io.millrace.config.ConfigKey.stringKey;

import java.util.List;
import java.util.Map;

/**
 * How the nodes of a cluster find each other, beyond {@code cluster.seeds}.
 *
 * <p>Owner: immutable.
 */
public final class ClusterKeys {
  /** By {@code cluster.seeds}. */
  public static final String SEEDS = "seeds";

  /** By asking on this machine. */
  public static final String MULTICAST = "multicast";

  /** By a headless service in Kubernetes' DNS. */
  public static final String KUBERNETES = "kubernetes";

  private static final String CLUSTER = "Cluster";

  public static final ConfigKey<String> CLUSTER_DISCOVERY =
      stringKey("cluster.discovery")
          .section(CLUSTER)
          .defaultsTo(SEEDS)
          .allowed(Allowed.oneOf(SEEDS, MULTICAST, KUBERNETES))
          .doc(
              "How nodes find each other. `seeds`: by `cluster.seeds`; without any the node is"
                  + " alone. `multicast`: all nodes on this machine, for trying out, as `start"
                  + " --dev` sets it. `kubernetes`: by the addresses of the service"
                  + " `cluster.kubernetes.service`.")
          .build();

  public static final ConfigKey<String> CLUSTER_KUBERNETES_SERVICE =
      stringKey("cluster.kubernetes.service")
          .section(CLUSTER)
          .allowed(new Allowed<>("a host name", host -> !host.isBlank()))
          .doc(
              "DNS name of the headless service of all nodes, such as"
                  + " `millrace.default.svc.cluster.local`, with `publishNotReadyAddresses: true`:"
                  + " nodes must find each other before they are ready. All of them use this node's"
                  + " `cluster.port`.")
          .build();

  static final List<ConfigKey<?>> ALL = List.of(CLUSTER_DISCOVERY, CLUSTER_KUBERNETES_SERVICE);

  private ClusterKeys() {}

  /** What {@code start --dev} sets where nothing else is given. */
  public static Map<String, String> devDefaults() {
    return Map.of(
        CLUSTER_DISCOVERY.name(), MULTICAST,
        NodeKeys.CLUSTER_HOST.name(), "127.0.0.1",
        NodeKeys.CLUSTER_PORT.name(), "0",
        NodeKeys.INTERNAL_PORT.name(), "0");
  }

  /** Whether the node is to be one of several; false = it is alone and opens no port for others. */
  public static boolean clustered(Settings settings) {
    return !settings.get(CLUSTER_DISCOVERY).equals(SEEDS)
        || !settings.get(NodeKeys.CLUSTER_SEEDS).isEmpty();
  }
}
