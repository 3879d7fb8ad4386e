package io.millrace.client;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which address the ports between nodes are bound to. Without a secret everybody who reaches them
 * is believed, so then it must be one that only the neighbourhood reaches.
 *
 * <p>Owner: any thread. It may look up names, so not on an event loop.
 */
public final class PeerBinding {
  private static final Logger LOG = LoggerFactory.getLogger(PeerBinding.class);

  private static final int ANY_PORT = 9;

  private PeerBinding() {}

  /**
   * The address to bind.
   *
   * @param host {@code cluster.host}; null = the interface that reaches the seeds
   * @param seeds hosts of the other nodes; empty = loopback alone
   * @param secret whether there is a {@code cluster.secret}
   * @throws IOException when it is unknown, or may not be bound without a secret; the message says
   *     what to do
   */
  public static InetAddress choose(String host, List<String> seeds, boolean secret)
      throws IOException {
    InetAddress chosen = host != null ? lookUp(host) : towards(seeds);
    if (!secret && !isPrivate(chosen)) {
      throw new IOException(
          (host == null
                  ? "The interface that reaches cluster.seeds is "
                  : "cluster.host is " + host + ", ")
              + chosen.getHostAddress()
              + ", which is not private, and there is no cluster.secret: set cluster.secret, the"
              + " same on all nodes, or a private address as cluster.host");
    }
    return chosen;
  }

  private static InetAddress lookUp(String host) throws IOException {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new IOException("cluster.host is " + host + ", which is no known host", e);
    }
  }

  /** The own address on the way to the first seed that is known; nothing is sent. */
  private static InetAddress towards(List<String> seeds) {
    for (String seed : seeds) {
      try (DatagramSocket socket = new DatagramSocket()) {
        socket.connect(new InetSocketAddress(InetAddress.getByName(seed), ANY_PORT));
        InetAddress local = socket.getLocalAddress();
        if (!local.isAnyLocalAddress()) {
          return local;
        }
      } catch (IOException | UncheckedIOException e) {
        LOG.debug("No way to {} is known yet: {}", seed, e.getMessage());
      }
    }
    return InetAddress.getLoopbackAddress();
  }

  /** Whether it is a loopback, link-local, or private address (RFC 1918, RFC 4193). */
  static boolean isPrivate(InetAddress address) {
    return address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || (address instanceof Inet6Address
            ? (address.getAddress()[0] & 0xFE) == 0xFC
            : address.isSiteLocalAddress());
  }
}
