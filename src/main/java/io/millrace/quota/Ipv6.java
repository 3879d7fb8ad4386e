package io.millrace.quota;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Spellings of addresses of version 6 (RFC 4291, section 2.2).
 *
 * <p>Owner: any thread.
 */
public final class Ipv6 {
  private static final int GROUPS = 8;
  private static final int HEX = 16;

  private Ipv6() {}

  /**
   * The one spelling of Java's {@code InetAddress.getHostAddress}: eight groups without zeros at
   * their beginning. What is no such address comes back as it is; nobody comes from there.
   */
  public static String canonical(String address) {
    int gap = address.indexOf("::");
    List<String> head = groups(gap < 0 ? address : address.substring(0, gap));
    List<String> tail = groups(gap < 0 ? "" : address.substring(gap + 2));
    int missing = GROUPS - head.size() - tail.size();
    if (gap < 0 ? missing != 0 : missing < 1) {
      return address;
    }
    List<String> all = new ArrayList<>(head);
    for (int i = 0; i < missing; i++) {
      all.add("0");
    }
    all.addAll(tail);
    try {
      return all.stream()
          .map(group -> Integer.toHexString(Integer.parseInt(group, HEX)))
          .collect(Collectors.joining(":"));
    } catch (NumberFormatException e) {
      return address;
    }
  }

  private static List<String> groups(String part) {
    return part.isEmpty() ? List.of() : List.of(part.split(":", -1));
  }
}
