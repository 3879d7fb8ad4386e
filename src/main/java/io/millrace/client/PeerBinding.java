package io.millrace.client;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;

/**
 * Which addresses the ports between nodes may be bound to. Without a secret everybody who reaches
 * them is believed, so then it must be one that only the neighbourhood reaches.
 *
 * <p>Owner: any thread.
 */
public final class PeerBinding {
  private PeerBinding() {}

  /**
   * Refuses what may not be bound.
   *
   * @param address {@code cluster.host}, given or found out
   * @param secret whether there is a {@code cluster.secret}
   * @throws IOException when it may not be bound without a secret; the message says what to do
   */
  public static void check(InetAddress address, boolean secret) throws IOException {
    if (!secret && !isPrivate(address)) {
      throw new IOException(
          "cluster.host is "
              + address.getHostAddress()
              + ", which is not private, and there is no cluster.secret: set cluster.secret, the"
              + " same on all nodes, or a private address as cluster.host");
    }
  }

  /** Whether it is a loopback, link-local, or private address (RFC 1918, RFC 4193). */
  public static boolean isPrivate(InetAddress address) {
    return address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || (address instanceof Inet6Address
            ? (address.getAddress()[0] & 0xFE) == 0xFC
            : address.isSiteLocalAddress());
  }
}
