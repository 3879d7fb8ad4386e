package io.millrace.cluster;

import io.millrace.cluster.state.SeedAddresses;
import io.millrace.config.Seed;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Asks the operating system, on a worker thread.
 *
 * <p>Owner: any thread.
 */
public final class DnsLookup implements SeedLookup {
  private final Vertx vertx;

  public DnsLookup(Vertx vertx) {
    this.vertx = Objects.requireNonNull(vertx);
  }

  @Override
  public Future<Map<String, SeedAddresses>> lookUp(Collection<String> names, int ownPort) {
    List<String> all = List.copyOf(names);
    return vertx.executeBlocking(
        () -> {
          Map<String, SeedAddresses> found = new HashMap<>();
          all.forEach(name -> found.put(name, lookUp(Seed.parse(name, ownPort), ownPort)));
          return found;
        },
        false);
  }

  private static SeedAddresses lookUp(Seed seed, int ownPort) {
    Set<String> addresses = new HashSet<>();
    boolean ofThisHost = false;
    try {
      for (InetAddress address : InetAddress.getAllByName(seed.host())) {
        addresses.add(new Seed(address.getHostAddress(), seed.port()).toString());
        ofThisHost |= seed.port() == ownPort && isOfThisHost(address);
      }
    } catch (UnknownHostException e) {
      // Normal while the others are not up yet: a seed that nobody answers for is said to miss.
      return new SeedAddresses(Set.of(), false);
    }
    return new SeedAddresses(addresses, ofThisHost);
  }

  private static boolean isOfThisHost(InetAddress address) {
    try {
      return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
    } catch (SocketException e) {
      return false;
    }
  }
}
