package io.millrace.cluster.hazelcast;

import com.hazelcast.config.properties.PropertyDefinition;
import com.hazelcast.logging.ILogger;
import com.hazelcast.spi.discovery.AbstractDiscoveryStrategy;
import com.hazelcast.spi.discovery.DiscoveryNode;
import com.hazelcast.spi.discovery.DiscoveryStrategy;
import com.hazelcast.spi.discovery.DiscoveryStrategyFactory;
import com.hazelcast.spi.discovery.SimpleDiscoveryNode;
import io.millrace.config.Seed;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where Hazelcast looks for members: at all addresses of all seeds, looked up anew each time, and
 * where connections came from or led to before. Hazelcast's own list takes one address of a name,
 * so one name for all pods of a service, or a pod's new address, would not do; and it forgets what
 * it knew when the membership is started again.
 *
 * <p>Owner: any thread.
 */
final class SeedDiscovery implements DiscoveryStrategyFactory {
  private static final Logger LOG = LoggerFactory.getLogger(SeedDiscovery.class);
  private static final int MOST_REMEMBERED = 256;

  private final List<Seed> seeds;
  private final Set<com.hazelcast.cluster.Address> remembered = ConcurrentHashMap.newKeySet();
  private final Set<String> unknownHosts = ConcurrentHashMap.newKeySet();

  SeedDiscovery(List<Seed> seeds) {
    this.seeds = List.copyOf(seeds);
  }

  /** Members are there, or others who call. */
  void remember(Collection<com.hazelcast.cluster.Address> addresses) {
    if (remembered.size() + addresses.size() > MOST_REMEMBERED) {
      remembered.clear();
    }
    remembered.addAll(addresses);
  }

  Set<com.hazelcast.cluster.Address> addresses() {
    Set<com.hazelcast.cluster.Address> all = new LinkedHashSet<>();
    for (Seed seed : seeds) {
      try {
        for (InetAddress address : InetAddress.getAllByName(seed.host())) {
          all.add(new com.hazelcast.cluster.Address(address, seed.port()));
        }
        unknownHosts.remove(seed.host());
      } catch (UnknownHostException e) {
        // Normal while the pods of a service are started; said once, for spelling mistakes.
        if (unknownHosts.add(seed.host())) {
          LOG.warn("The host {} of cluster.seeds is not known; trying on", seed.host());
        }
      }
    }
    all.addAll(remembered);
    return all;
  }

  @Override
  public Class<? extends DiscoveryStrategy> getDiscoveryStrategyType() {
    return Strategy.class;
  }

  @Override
  @SuppressWarnings("rawtypes") // Hazelcast's signature
  public DiscoveryStrategy newDiscoveryStrategy(
      DiscoveryNode self, ILogger logger, Map<String, Comparable> properties) {
    return new Strategy(this, logger, properties);
  }

  @Override
  public Collection<PropertyDefinition> getConfigurationProperties() {
    return List.of();
  }

  /**
   * One member's way to ask.
   *
   * <p>Owner: Hazelcast's threads.
   */
  private static final class Strategy extends AbstractDiscoveryStrategy {
    private final SeedDiscovery discovery;

    @SuppressWarnings("rawtypes") // Hazelcast's signature
    Strategy(SeedDiscovery discovery, ILogger logger, Map<String, Comparable> properties) {
      super(logger, properties);
      this.discovery = discovery;
    }

    @Override
    public Iterable<DiscoveryNode> discoverNodes() {
      List<DiscoveryNode> nodes = new ArrayList<>();
      discovery.addresses().forEach(address -> nodes.add(new SimpleDiscoveryNode(address)));
      return nodes;
    }
  }
}
