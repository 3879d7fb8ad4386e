package io.millrace.config;

import static io.millrace.config.ConfigKey.listKey;

import java.util.List;

/**
 * Keys of the node about where it listens for clients and what it tells them to connect to. {@link
 * Listeners} checks them together. Names and defaults are Kafka's.
 *
 * <p>Owner: immutable.
 */
public final class ListenerKeys {
  private static final String SECTION = "Listeners";

  public static final ConfigKey<List<String>> LISTENERS =
      listKey("listeners")
          .section(SECTION)
          .defaultsTo(List.of("PLAINTEXT://:9092"))
          .allowed(Allowed.distinctEntries())
          .doc(
              "Where the node listens for clients: `NAME://host:port`, comma separated. No host ="
                  + " all interfaces; port 0 = any free port, reported at `/health/ready`.")
          .build();

  public static final ConfigKey<List<String>> ADVERTISED_LISTENERS =
      listKey("advertised.listeners")
          .section(SECTION)
          .defaultShownAs("as bound; on all interfaces, the address by which the client came")
          .allowed(Allowed.distinctEntries())
          .doc(
              "What clients are told to connect to, in the form of `listeners`, when they cannot"
                  + " use the address they came by. No host = the address by which the client"
                  + " reached the node; port 0 = the port that the listener bound.")
          .build();

  public static final ConfigKey<List<String>> LISTENER_SECURITY_PROTOCOL_MAP =
      listKey("listener.security.protocol.map")
          .section(SECTION)
          .defaultsTo(
              List.of(
                  "PLAINTEXT:PLAINTEXT",
                  "SSL:SSL",
                  "SASL_PLAINTEXT:SASL_PLAINTEXT",
                  "SASL_SSL:SASL_SSL"))
          .allowed(Allowed.distinctEntries())
          .doc(
              "Protocol of each listener name: `NAME:PROTOCOL`, comma separated. This version"
                  + " serves PLAINTEXT.")
          .build();

  public static final ConfigKey<List<String>> CONTROLLER_LISTENER_NAMES =
      listKey("controller.listener.names")
          .section(SECTION)
          .defaultsTo(List.of())
          .allowed(
              new Allowed<>(
                  "a list of different names",
                  list -> !list.contains("") && list.stream().distinct().count() == list.size()))
          .doc(
              "Accepted so that Kafka's files work: the listeners named here are not opened. Nodes"
                  + " talk to each other on `internal.port`.")
          .build();

  /** In the order of the reference page. */
  static final List<ConfigKey<?>> ALL =
      List.of(
          LISTENERS,
          ADVERTISED_LISTENERS,
          LISTENER_SECURITY_PROTOCOL_MAP,
          CONTROLLER_LISTENER_NAMES);

  private ListenerKeys() {}
}
