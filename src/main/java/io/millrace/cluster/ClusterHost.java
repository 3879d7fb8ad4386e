package io.millrace.cluster;

import io.millrace.client.PeerBinding;
import io.millrace.config.Seed;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * The local address for {@code internal.port} and {@code cluster.port}, an IP address. Everything
 * here may wait for DNS, so that it is not for event loops.
 *
 * <p>Owner: any thread.
 */
public final class ClusterHost {
  private ClusterHost() {}

  /**
   * Resolves {@code cluster.host}, or chooses when it is not given.
   *
   * @param configured {@code cluster.host}; null = not given
   * @param discovery null = the node is alone
   * @throws IOException with a message that says what to set
   */
  public static String choose(String configured, Discovery discovery) throws IOException {
    if (configured != null) {
      return resolve(configured).getHostAddress();
    }
    if (discovery == null || discovery instanceof Discovery.Multicast) {
      return "127.0.0.1";
    }
    InetAddress reaching =
        discovery instanceof Discovery.Seeds seeds
            ? reaching(seeds.seeds())
            : reaching(List.of(ofService((Discovery.Kubernetes) discovery)));
    InetAddress chosen = reaching != null ? reaching : firstOfInterfaces();
    if (chosen == null) {
      throw new IOException(
          "Cannot find the address that the other nodes reach this one by; set cluster.host");
    }
    return chosen.getHostAddress();
  }

  /**
   * Resolves a name or address that one can bind to and be reached by.
   *
   * @throws IOException with a message that says what to set
   */
  public static InetAddress resolve(String host) throws IOException {
    InetAddress address;
    try {
      address = InetAddress.getByName(host);
    } catch (IOException e) {
      throw new IOException("cluster.host " + host + " is not known", e);
    }
    if (address.isAnyLocalAddress()) {
      throw new IOException(
          "cluster.host is "
              + host
              + "; it must be the one address by which the other nodes reach this one");
    }
    return address;
  }

  private static Seed ofService(Discovery.Kubernetes kubernetes) {
    return new Seed(kubernetes.serviceDns(), kubernetes.port());
  }

  /**
   * The local end of the way to the first seed that there is a way to. Loopback only if there is no
   * other: a host often has its own name in its hosts file as a loopback address.
   */
  private static InetAddress reaching(List<Seed> seeds) {
    InetAddress loopback = null;
    for (Seed seed : seeds) {
      InetAddress local = localEnd(seed);
      if (local != null && !local.isLoopbackAddress()) {
        return local;
      }
      loopback = loopback == null ? local : loopback;
    }
    return loopback;
  }

  /** Connecting a UDP socket sends nothing; it only looks the way up. null = there is none. */
  private static InetAddress localEnd(Seed seed) {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(new InetSocketAddress(InetAddress.getByName(seed.host()), seed.port()));
      InetAddress local = socket.getLocalAddress();
      return local == null || local.isAnyLocalAddress() ? null : unscoped(local);
    } catch (IOException | RuntimeException e) {
      return null;
    }
  }

  private static InetAddress firstOfInterfaces() throws IOException {
    List<InetAddress> all = new ArrayList<>();
    for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
      if (network.isUp() && !network.isLoopback()) {
        all.addAll(Collections.list(network.getInetAddresses()));
      }
    }
    return best(all);
  }

  /**
   * Private before public, which may only be bound with a secret; IPv4 before IPv6, which many
   * networks do not carry. Never a link-local one, which means nothing without its interface.
   *
   * @return null = there is none
   */
  static InetAddress best(List<InetAddress> addresses) {
    return addresses.stream()
        .filter(address -> !address.isLinkLocalAddress())
        .min(Comparator.comparing(ClusterHost::rank))
        .map(ClusterHost::unscoped)
        .orElse(null);
  }

  private static int rank(InetAddress address) {
    return (PeerBinding.isPrivate(address) ? 0 : 2) + (address instanceof Inet4Address ? 0 : 1);
  }

  /**
   * Java adds the interface to every IPv6 address that it finds ({@code fd00::2%eth0}), which
   * neither a listener nor another node understands; only a link-local one needs it.
   */
  private static InetAddress unscoped(InetAddress address) {
    if (address.isLinkLocalAddress()) {
      return address;
    }
    try {
      return InetAddress.getByAddress(address.getAddress());
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // the length is that of an address
    }
  }
}
