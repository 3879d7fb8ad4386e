package io.millrace.cluster;

/**
 * Where a node listens.
 *
 * @param host a name or an IP address, IPv6 without brackets
 * @param port 1 to 65535
 *     <p>Owner: immutable.
 */
public record Address(String host, int port) {
  public Address {
    if (host.isBlank()) {
      throw new IllegalArgumentException("the host is empty");
    }
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port " + port + " is not in 1 to 65535");
    }
  }

  /** Such as {@code 10.0.0.7:9093} or {@code [::1]:9093}. */
  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
