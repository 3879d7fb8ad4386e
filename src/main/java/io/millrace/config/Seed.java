package io.millrace.config;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An entry of {@code cluster.seeds}, written {@code host}, {@code host:port}, {@code ::1} or {@code
 * [::1]:port}.
 *
 * @param host a name, which may have several addresses, or an IP address without brackets; lower
 *     case
 * @param port the peer's {@code cluster.port}, 1 to 65535
 *     <p>Owner: immutable.
 */
public record Seed(String host, int port) {
  /** Completes "allowed: …". */
  static final String FORM =
      "host or host:port with a port from 1 to 65535, an IPv6 address with a port in brackets";

  private static final String IPV6 = "[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[\\w.-]+)?";

  private static final Pattern ENTRY =
      Pattern.compile(
          "(?:\\[(" + IPV6 + ")\\](?::(\\d{1,5}))?|(" + IPV6 + ")|([\\w.-]+)(?::(\\d{1,5}))?)",
          Pattern.UNICODE_CHARACTER_CLASS);

  public Seed {
    host = host.toLowerCase(Locale.ROOT);
  }

  /** Which port a seed without one has: that of this node, or the usual one if it takes any. */
  static int portWithout(Settings settings) {
    int ownPort = settings.get(NodeKeys.CLUSTER_PORT);
    return ownPort == 0 ? NodeKeys.CLUSTER_PORT.defaultValue() : ownPort;
  }

  /** All of {@code cluster.seeds}, in their order; may be empty. */
  public static List<Seed> of(Settings settings) {
    int portWithout = portWithout(settings);
    return settings.get(NodeKeys.CLUSTER_SEEDS).stream()
        .map(text -> parse(text, portWithout))
        .toList();
  }

  /**
   * Reads an entry.
   *
   * @param portWithout used when the entry has none
   * @throws IllegalArgumentException naming the entry and what is allowed
   */
  public static Seed parse(String text, int portWithout) {
    Matcher entry = ENTRY.matcher(text.trim());
    if (!entry.matches()) {
      throw refused(text);
    }
    String host = first(entry.group(1), entry.group(3), entry.group(4));
    String port = first(entry.group(2), entry.group(5));
    int number = port == null ? portWithout : Integer.parseInt(port);
    if (number == 0 || number > 65535) {
      throw refused(text);
    }
    return new Seed(host, number);
  }

  /** Whether {@link #parse} takes it. */
  static boolean isValid(String text) {
    try {
      parse(text, 1);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String first(String... groups) {
    for (String group : groups) {
      if (group != null) {
        return group;
      }
    }
    return null;
  }

  private static IllegalArgumentException refused(String text) {
    return new IllegalArgumentException(
        "Invalid entry " + text + " of cluster.seeds; allowed: " + FORM);
  }

  /** Such as {@code 10.0.0.7:5701} or {@code [::1]:5701}. */
  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
