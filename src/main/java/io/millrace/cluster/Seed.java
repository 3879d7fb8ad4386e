package io.millrace.cluster;

import io.millrace.config.SeedEntry;
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
    SeedEntry entry = SeedEntry.parse(text).orPort(defaultPort);
    return new Seed(entry.host(), entry.port());
  }

  /** Reads a list of entries. */
  public static List<Seed> parseAll(List<String> texts, int defaultPort) {
    List<Seed> seeds = new ArrayList<>(texts.size());
    texts.forEach(text -> seeds.add(parse(text, defaultPort)));
    return List.copyOf(seeds);
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
