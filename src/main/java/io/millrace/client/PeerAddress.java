package io.millrace.client;

/**
 * Where a node's internal listener is.
 *
 * @param host a name or an address in text form; names are looked up at each attempt to connect
 *     <p>Owner: immutable.
 */
public record PeerAddress(String host, int port) {
  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
