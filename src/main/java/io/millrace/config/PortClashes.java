package io.millrace.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * No two services of a node may have one address: within a process the second could be bound as
 * well, and connections would be dealt to both in turn.
 *
 * <p>Owner: immutable.
 */
final class PortClashes {
  /** What {@code cluster.host} is found out to be when the node starts. */
  private static final String FOUND_AT_START = "*";

  /**
   * Something to be bound.
   *
   * @param setting the key that gives the port
   * @param value of that key, as far as it is about this service
   * @param host as configured; empty = all interfaces
   */
  private record Service(ConfigKey<?> setting, String value, String host, int port) {
    String address() {
      String shown = host.isEmpty() ? "0.0.0.0" : host;
      return host.equals(FOUND_AT_START)
          ? "port " + port
          : (shown.contains(":") ? "[" + shown + "]" : shown) + ":" + port;
    }
  }

  private PortClashes() {}

  /** Adds one line for each pair. */
  static void find(Settings settings, List<Listener> listeners, List<String> problems) {
    List<Service> services = services(settings, listeners);
    for (int later = 1; later < services.size(); later++) {
      for (int earlier = 0; earlier < later; earlier++) {
        if (clash(services.get(earlier), services.get(later))) {
          problems.add(explain(services.get(earlier), services.get(later)));
        }
      }
    }
  }

  private static List<Service> services(Settings settings, List<Listener> listeners) {
    List<Service> services = new ArrayList<>();
    if (settings.get(NodeKeys.PROCESS_ROLES).contains("broker")) {
      for (Listener listener : listeners) {
        services.add(
            new Service(
                ListenerKeys.LISTENERS, listener.toString(), listener.host(), listener.port()));
      }
    }
    services.add(of(settings, NodeKeys.HTTP_PORT, settings.get(NodeKeys.HTTP_HOST)));
    if (ClusterKeys.clustered(settings)) {
      String given = settings.get(NodeKeys.CLUSTER_HOST);
      String host = given == null ? FOUND_AT_START : given;
      services.add(of(settings, NodeKeys.INTERNAL_PORT, host));
      services.add(of(settings, NodeKeys.CLUSTER_PORT, host));
    }
    services.removeIf(service -> service.port <= 0);
    return services;
  }

  private static Service of(Settings settings, ConfigKey<Integer> key, String host) {
    int port = settings.get(key);
    return new Service(key, String.valueOf(port), host, port);
  }

  private static boolean clash(Service one, Service other) {
    if (one.port != other.port) {
      return false;
    }
    String host = normal(one.host);
    String otherHost = normal(other.host);
    return host.equals(otherHost) || isAny(host) || isAny(otherHost);
  }

  private static boolean isAny(String normalHost) {
    return normalHost.isEmpty() || normalHost.equals(FOUND_AT_START);
  }

  /** One spelling of each address, without looking names up; empty = all interfaces. */
  private static String normal(String host) {
    if (host.equalsIgnoreCase("localhost")) {
      return "127.0.0.1";
    }
    boolean literal = host.contains(":") || host.matches("[0-9.]+");
    if (!literal) {
      return host.toLowerCase(Locale.ROOT);
    }
    try {
      InetAddress address = InetAddress.getByName(host);
      return address.isAnyLocalAddress() ? "" : address.getHostAddress();
    } catch (UnknownHostException e) {
      return host;
    }
  }

  private static String explain(Service earlier, Service later) {
    return "Invalid value "
        + later.value
        + " for configuration "
        + later.setting
        + ": "
        + (later.host.equals(FOUND_AT_START) ? earlier : later).address()
        + " belongs to "
        + earlier.setting
        + "="
        + earlier.value
        + "; allowed: a port that nothing else of the node has";
  }
}
