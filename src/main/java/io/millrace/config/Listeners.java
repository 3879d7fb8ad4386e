package io.millrace.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the node listens for clients and what it tells them to connect to.
 *
 * @param bound what to bind, in the order of {@code listeners}; at least one
 * @param advertised what to tell clients; its names are among those of {@code bound}, at least one
 *     <p>Owner: immutable.
 */
public record Listeners(List<Listener> bound, List<Listener> advertised) {
  private static final Pattern ENTRY =
      Pattern.compile("([A-Za-z0-9_.-]+)://(?:\\[([0-9A-Fa-f:.%]+)\\]|([^:/\\[\\]]*)):(\\d{1,5})");

  public Listeners {
    bound = List.copyOf(bound);
    advertised = List.copyOf(advertised);
  }

  /**
   * Reads {@code listeners}, {@code advertised.listeners} and their protocols.
   *
   * @throws ConfigurationException with all problems
   */
  public static Listeners from(Settings settings) {
    List<String> problems = new ArrayList<>();
    Listeners listeners = read(settings, problems);
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return listeners;
  }

  /** As {@link #from}, but adds to {@code problems} instead; then the result means nothing. */
  static Listeners read(Settings settings, List<String> problems) {
    Map<String, String> protocols = protocols(settings, problems);
    Set<String> controllerOnly = new HashSet<>();
    settings
        .get(ListenerKeys.CONTROLLER_LISTENER_NAMES)
        .forEach(name -> controllerOnly.add(name.toUpperCase(Locale.ROOT)));
    List<Listener> bound =
        parse(
            ListenerKeys.LISTENERS, settings.get(ListenerKeys.LISTENERS), controllerOnly, problems);
    if (bound.isEmpty() && problems.isEmpty()) {
      problems.add(
          refusal(ListenerKeys.LISTENERS, settings, "no listener for clients is left")
              + " besides those in controller.listener.names");
    }
    checkProtocols(bound, protocols, problems);
    checkNames(bound, problems);
    List<String> advertisedTexts = settings.get(ListenerKeys.ADVERTISED_LISTENERS);
    if (advertisedTexts == null) {
      return new Listeners(bound, bound.stream().map(Listeners::reachable).toList());
    }
    List<Listener> advertised =
        parse(ListenerKeys.ADVERTISED_LISTENERS, advertisedTexts, controllerOnly, problems);
    checkAdvertised(settings, bound, advertised, problems);
    return new Listeners(bound, advertised);
  }

  private static Listener reachable(Listener listener) {
    return listener.onAllInterfaces()
        ? new Listener(listener.name(), "", listener.port())
        : listener;
  }

  private static List<Listener> parse(
      ConfigKey<?> key, List<String> entries, Set<String> skipped, List<String> problems) {
    List<Listener> result = new ArrayList<>();
    for (String entry : entries) {
      Matcher matcher = ENTRY.matcher(entry);
      int port = matcher.matches() ? Integer.parseInt(matcher.group(4)) : -1;
      if (port < 0 || port > 65535) {
        problems.add(
            "Invalid value "
                + entry
                + " for configuration "
                + key
                + "; allowed: NAME://host:port with a port from 0 to 65535, an IPv6 address in"
                + " brackets");
        continue;
      }
      String name = matcher.group(1).toUpperCase(Locale.ROOT);
      String host = matcher.group(2) != null ? matcher.group(2) : matcher.group(3).trim();
      if (!skipped.contains(name)) {
        result.add(new Listener(name, host, port));
      }
    }
    return result;
  }

  private static Map<String, String> protocols(Settings settings, List<String> problems) {
    Map<String, String> protocols = new HashMap<>();
    for (String entry : settings.get(ListenerKeys.LISTENER_SECURITY_PROTOCOL_MAP)) {
      int colon = entry.indexOf(':');
      if (colon <= 0 || colon == entry.length() - 1) {
        problems.add(
            "Invalid value "
                + entry
                + " for configuration "
                + ListenerKeys.LISTENER_SECURITY_PROTOCOL_MAP
                + "; allowed: NAME:PROTOCOL");
        continue;
      }
      protocols.put(
          entry.substring(0, colon).trim().toUpperCase(Locale.ROOT),
          entry.substring(colon + 1).trim().toUpperCase(Locale.ROOT));
    }
    return protocols;
  }

  private static void checkProtocols(
      List<Listener> bound, Map<String, String> protocols, List<String> problems) {
    for (Listener listener : bound) {
      String protocol = protocols.get(listener.name());
      if (protocol == null) {
        problems.add(
            "Invalid value "
                + listener
                + " for configuration listeners: "
                + listener.name()
                + " is not in listener.security.protocol.map; add "
                + listener.name()
                + ":PLAINTEXT there");
      } else if (!protocol.equals("PLAINTEXT")) {
        problems.add(
            "Invalid value "
                + listener
                + " for configuration listeners: its protocol "
                + protocol
                + " is not served by this version; allowed: PLAINTEXT");
      }
    }
  }

  private static void checkNames(List<Listener> bound, List<String> problems) {
    Set<String> names = new HashSet<>();
    for (Listener listener : bound) {
      if (!names.add(listener.name())) {
        problems.add(
            "Invalid value "
                + listener
                + " for configuration listeners: the name "
                + listener.name()
                + " is there twice; allowed: different names");
      }
    }
  }

  private static void checkAdvertised(
      Settings settings, List<Listener> bound, List<Listener> advertised, List<String> problems) {
    Set<String> names = new HashSet<>();
    bound.forEach(listener -> names.add(listener.name()));
    Set<String> seen = new HashSet<>();
    for (Listener listener : advertised) {
      String why = null;
      if (!names.contains(listener.name())) {
        why = "there is no such name in listeners";
      } else if (!seen.add(listener.name())) {
        why = "the name is there twice";
      } else if (!listener.host().isEmpty() && listener.onAllInterfaces()) {
        why = "no client can connect to " + listener.host() + "; give a name or address";
      }
      if (why != null) {
        problems.add(
            "Invalid value " + listener + " for configuration advertised.listeners: " + why);
      }
    }
    if (advertised.isEmpty() && problems.isEmpty()) {
      problems.add(refusal(ListenerKeys.ADVERTISED_LISTENERS, settings, "no listener is left"));
    }
  }

  private static String refusal(ConfigKey<List<String>> key, Settings settings, String why) {
    return "Invalid value "
        + String.join(",", settings.get(key))
        + " for configuration "
        + key
        + ": "
        + why;
  }

  /**
   * What clients are told once the ports are known.
   *
   * @param boundPorts listener name to the port it bound
   */
  public List<Listener> advertised(Map<String, Integer> boundPorts) {
    return advertised.stream()
        .map(
            listener ->
                listener.port() != 0
                    ? listener
                    : new Listener(
                        listener.name(), listener.host(), boundPorts.get(listener.name())))
        .toList();
  }
}
