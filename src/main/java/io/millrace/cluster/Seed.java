package io.millrace.cluster;

import java.util.ArrayList;
import java.util.List;

/**
 * An entry of {@code cluster.seeds}: {@code host}, {@code host:port}, {@code ::1} or {@code
 * [::1]:port}.
 *
 * @param host a name, which may have several addresses, or an IP address without brackets
 * @param port the peer's {@code cluster.port}
 *     <p>Owner: immutable.
 */
public record Seed(String host, int port) {
  /** The default of {@code cluster.port}. */
  public static final int DEFAULT_PORT = 5701;

  /**
   * Reads an entry.
   *
   * @param defaultPort used when the entry has none
   * @throws IllegalArgumentException naming the entry, if it is neither
   */
  public static Seed parse(String text, int defaultPort) {
    String entry = text.trim();
    int colon = entry.lastIndexOf(':');
    String host = entry;
    String port = null;
    if (entry.startsWith("[")) {
      int end = entry.indexOf(']');
      if (end < 0 || (end + 1 < entry.length() && entry.charAt(end + 1) != ':')) {
        throw refused(text);
      }
      host = entry.substring(1, end);
      port = end + 1 < entry.length() ? entry.substring(end + 2) : null;
    } else if (colon >= 0 && colon == entry.indexOf(':')) {
      host = entry.substring(0, colon);
      port = entry.substring(colon + 1);
    }
    if (host.isBlank() || (port != null && !port.matches("\\d{1,5}"))) {
      throw refused(text);
    }
    int number = port == null ? defaultPort : Integer.parseInt(port);
    if (number < 1 || number > 65535) {
      throw refused(text);
    }
    return new Seed(host, number);
  }

  /** Reads a list of entries. */
  public static List<Seed> parseAll(List<String> texts, int defaultPort) {
    List<Seed> seeds = new ArrayList<>(texts.size());
    texts.forEach(text -> seeds.add(parse(text, defaultPort)));
    return List.copyOf(seeds);
  }

  private static IllegalArgumentException refused(String text) {
    return new IllegalArgumentException(
        "Invalid entry " + text + " of cluster.seeds; allowed: host or host:port");
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
