package io.millrace.config;

/**
 * One entry of {@code listeners} or {@code advertised.listeners}.
 *
 * @param name the listener's name, upper case, such as {@code PLAINTEXT}
 * @param host an address or host name; empty = all interfaces, or when advertised the address by
 *     which the client reached the node
 * @param port 0 = any free port, or when advertised the one that the listener bound
 *     <p>Owner: immutable.
 */
public record Listener(String name, String host, int port) {
  /** The host to bind: never empty. */
  public String bindHost() {
    return host.isEmpty() ? "0.0.0.0" : host;
  }

  /** Whether the host stands for every interface, so that it means nothing to a client. */
  public boolean onAllInterfaces() {
    return host.isEmpty() || host.equals("0.0.0.0") || host.equals("::");
  }

  @Override
  public String toString() {
    return name + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
