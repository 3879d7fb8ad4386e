package io.millrace.cluster;

import io.millrace.config.ClusterKeys;
import io.millrace.config.NodeKeys;
import io.millrace.config.Seed;
import io.millrace.config.Settings;
import java.util.List;
import java.util.Optional;

/**
 * How members find each other.
 *
 * <p>Owner: immutable.
 */
public sealed interface Discovery {
  /**
   * As the settings say; empty = the node is alone.
   *
   * @throws IllegalArgumentException naming an entry of {@code cluster.seeds} that cannot be read
   */
  static Optional<Discovery> from(Settings settings) {
    if (!ClusterKeys.clustered(settings)) {
      return Optional.empty();
    }
    return Optional.of(
        switch (settings.get(ClusterKeys.CLUSTER_DISCOVERY)) {
          case ClusterKeys.MULTICAST -> Multicast.DEFAULT;
          case ClusterKeys.KUBERNETES ->
              new Kubernetes(
                  settings.get(ClusterKeys.CLUSTER_KUBERNETES_SERVICE),
                  settings.get(NodeKeys.CLUSTER_PORT));
          default -> new Seeds(Seed.of(settings));
        });
  }

  /**
   * By a list of some of them. A name may have several addresses and is looked up again at each
   * attempt. Peers that were seen once are tried as well.
   *
   * <p>Owner: immutable.
   */
  record Seeds(List<Seed> seeds) implements Discovery {
    public Seeds {
      seeds = List.copyOf(seeds);
    }
  }

  /**
   * By asking on this machine; nothing leaves it.
   *
   * @param group the multicast address
   * @param port its UDP port
   *     <p>Owner: immutable.
   */
  record Multicast(String group, int port) implements Discovery {
    /** The group and port that Millrace uses. */
    public static final Multicast DEFAULT = new Multicast("224.2.2.9", 54327);
  }

  /**
   * By the addresses that a headless service of Kubernetes has in DNS.
   *
   * @param serviceDns the service's full name
   * @param port the {@code cluster.port} of all members
   *     <p>Owner: immutable.
   */
  record Kubernetes(String serviceDns, int port) implements Discovery {}
}
