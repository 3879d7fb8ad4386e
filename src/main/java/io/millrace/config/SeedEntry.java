package io.millrace.config;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How an entry of {@code cluster.seeds} is written: {@code host}, {@code host:port}, {@code ::1} or
 * {@code [::1]:port}.
 *
 * @param host a name or an IP address without brackets, lower case
 * @param port 1 to 65535; -1 = none is given
 *     <p>Owner: immutable.
 */
public record SeedEntry(String host, int port) {
  /** Completes "allowed: …". */
  static final String FORM =
      "host or host:port with a port from 1 to 65535, an IPv6 address with a port in brackets";

  private static final String IPV6 = "[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[\\w.-]+)?";

  private static final Pattern ENTRY =
      Pattern.compile(
          "(?:\\[(" + IPV6 + ")\\](?::(\\d{1,5}))?|(" + IPV6 + ")|([\\w.-]+)(?::(\\d{1,5}))?)",
          Pattern.UNICODE_CHARACTER_CLASS);

  /**
   * Reads an entry.
   *
   * @throws IllegalArgumentException naming the entry and what is allowed
   */
  public static SeedEntry parse(String text) {
    Matcher entry = ENTRY.matcher(text.trim());
    if (!entry.matches()) {
      throw refused(text);
    }
    String host = first(entry.group(1), entry.group(3), entry.group(4));
    String port = first(entry.group(2), entry.group(5));
    int number = port == null ? -1 : Integer.parseInt(port);
    if (number == 0 || number > 65535) {
      throw refused(text);
    }
    return new SeedEntry(host.toLowerCase(Locale.ROOT), number);
  }

  /** Whether {@link #parse} takes it. */
  static boolean isValid(String text) {
    try {
      parse(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** The same, with this port if it has none. */
  public SeedEntry orPort(int otherwise) {
    return port == -1 ? new SeedEntry(host, otherwise) : this;
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
}
