package io.millrace.cluster;

import java.util.List;

/**
 * How members find each other.
 *
 * <p>Owner: immutable.
 */
public sealed interface Discovery {
  /**
   * By a list of them; it need not be complete, but every member must be reached from every other
   * over the entries.
   *
   * @param seeds {@code host} or {@code host:port}; a name may have several addresses
   *     <p>Owner: immutable.
   */
  record Seeds(List<String> seeds) implements Discovery {
    public Seeds {
      seeds = List.copyOf(seeds);
    }
  }

  /**
   * By asking the local network; for one laptop, nothing that others can reach.
   *
   * @param group the multicast address
   * @param port its UDP port
   *     <p>Owner: immutable.
   */
  record Multicast(String group, int port) implements Discovery {}

  /**
   * By the addresses that a headless service of Kubernetes has in DNS.
   *
   * @param serviceDns the service's full name
   * @param port the {@code cluster.port} of all members
   *     <p>Owner: immutable.
   */
  record Kubernetes(String serviceDns, int port) implements Discovery {}
}
