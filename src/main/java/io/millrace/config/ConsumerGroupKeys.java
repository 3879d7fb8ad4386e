package io.millrace.config;

import static io.millrace.config.ConfigKey.intKey;
import static io.millrace.config.ConfigKey.listKey;
import static io.millrace.config.ConfigKey.stringKey;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Keys of the node about groups of the consumer protocol (KIP-848), and the configs that each group
 * can have of its own. Names, units and defaults are Kafka's.
 *
 * <p>Owner: immutable.
 */
public final class ConsumerGroupKeys {
  private static final String SECTION = "Consumer group protocol";
  private static final String MS = "ms";

  public static final ConfigKey<List<String>> REBALANCE_PROTOCOLS =
      listKey("group.coordinator.rebalance.protocols")
          .section(SECTION)
          .defaultsTo(List.of("classic", "consumer"))
          .allowed(Allowed.someOf(false, "classic", "consumer", "streams"))
          .doc(
              "The protocols of groups that are served. `classic` always is; `streams` has no"
                  + " effect yet.")
          .build();

  public static final ConfigKey<Integer> SESSION_TIMEOUT_MS =
      time(
          "group.consumer.session.timeout.ms",
          45_000,
          1,
          "How long a member may be silent before its partitions go to others.");

  public static final ConfigKey<Integer> MIN_SESSION_TIMEOUT_MS =
      time(
          "group.consumer.min.session.timeout.ms",
          45_000,
          1,
          "The shortest `consumer.session.timeout.ms` of a group.");

  public static final ConfigKey<Integer> MAX_SESSION_TIMEOUT_MS =
      time(
          "group.consumer.max.session.timeout.ms",
          60_000,
          1,
          "The longest `consumer.session.timeout.ms` of a group.");

  public static final ConfigKey<Integer> HEARTBEAT_INTERVAL_MS =
      time(
          "group.consumer.heartbeat.interval.ms",
          5_000,
          1,
          "How often members are told to send heartbeats, with which they also hear of their"
              + " partitions.");

  public static final ConfigKey<Integer> MIN_HEARTBEAT_INTERVAL_MS =
      time(
          "group.consumer.min.heartbeat.interval.ms",
          5_000,
          1,
          "The shortest `consumer.heartbeat.interval.ms` of a group.");

  public static final ConfigKey<Integer> MAX_HEARTBEAT_INTERVAL_MS =
      time(
          "group.consumer.max.heartbeat.interval.ms",
          15_000,
          1,
          "The longest `consumer.heartbeat.interval.ms` of a group.");

  public static final ConfigKey<Integer> ASSIGNMENT_INTERVAL_MS =
      time(
          "group.consumer.assignment.interval.ms",
          1_000,
          0,
          "The least time between two assignments of a group, so that members that start together"
              + " are assigned together.");

  public static final ConfigKey<Integer> MIN_ASSIGNMENT_INTERVAL_MS =
      time(
          "group.consumer.min.assignment.interval.ms",
          0,
          0,
          "The shortest `consumer.assignment.interval.ms` of a group.");

  public static final ConfigKey<Integer> MAX_ASSIGNMENT_INTERVAL_MS =
      time(
          "group.consumer.max.assignment.interval.ms",
          15_000,
          0,
          "The longest `consumer.assignment.interval.ms` of a group.");

  public static final ConfigKey<Integer> REGEX_REFRESH_INTERVAL_MS =
      time(
          "group.consumer.regex.refresh.interval.ms",
          600_000,
          10_000,
          "How often the topics that members' regular expressions match are looked for anew. New"
              + " topics are found at once, without it.");

  public static final ConfigKey<Integer> MAX_SIZE =
      intKey("group.consumer.max.size")
          .section(SECTION)
          .defaultsTo(Integer.MAX_VALUE)
          .allowed(Allowed.atLeast(1))
          .doc("Members that a group can have.")
          .build();

  public static final ConfigKey<List<String>> ASSIGNORS =
      listKey("group.consumer.assignors")
          .section(SECTION)
          .defaultsTo(List.of("uniform", "range"))
          .allowed(Allowed.someOf(false, "uniform", "range"))
          .doc("The assignors that members may ask for. The first is used when they do not.")
          .build();

  public static final ConfigKey<String> MIGRATION_POLICY =
      stringKey("group.consumer.migration.policy")
          .section(SECTION)
          .defaultsTo("bidirectional")
          .allowed(Allowed.oneOf("bidirectional", "upgrade", "downgrade", "disabled"))
          .doc(
              "Whether a group with members changes between the protocols: to the consumer protocol"
                  + " when the first member that speaks it joins (`upgrade`), to the classic one"
                  + " when the last leaves (`downgrade`), or both.")
          .build();

  /** The configs of one group, by their names, with the node's keys that they stand over. */
  public static final Map<String, OfGroup> OF_GROUP =
      Map.of(
          "consumer.session.timeout.ms",
          new OfGroup(SESSION_TIMEOUT_MS, MIN_SESSION_TIMEOUT_MS, MAX_SESSION_TIMEOUT_MS),
          "consumer.heartbeat.interval.ms",
          new OfGroup(HEARTBEAT_INTERVAL_MS, MIN_HEARTBEAT_INTERVAL_MS, MAX_HEARTBEAT_INTERVAL_MS),
          "consumer.assignment.interval.ms",
          new OfGroup(
              ASSIGNMENT_INTERVAL_MS, MIN_ASSIGNMENT_INTERVAL_MS, MAX_ASSIGNMENT_INTERVAL_MS));

  /**
   * The node's keys behind a config of a group.
   *
   * @param key gives the default
   */
  public record OfGroup(
      ConfigKey<Integer> key, ConfigKey<Integer> least, ConfigKey<Integer> most) {}

  /** All keys in the order of the reference page. */
  static final List<ConfigKey<?>> ALL =
      List.of(
          REBALANCE_PROTOCOLS,
          SESSION_TIMEOUT_MS,
          MIN_SESSION_TIMEOUT_MS,
          MAX_SESSION_TIMEOUT_MS,
          HEARTBEAT_INTERVAL_MS,
          MIN_HEARTBEAT_INTERVAL_MS,
          MAX_HEARTBEAT_INTERVAL_MS,
          ASSIGNMENT_INTERVAL_MS,
          MIN_ASSIGNMENT_INTERVAL_MS,
          MAX_ASSIGNMENT_INTERVAL_MS,
          REGEX_REFRESH_INTERVAL_MS,
          MAX_SIZE,
          ASSIGNORS,
          MIGRATION_POLICY);

  private ConsumerGroupKeys() {}

  private static ConfigKey<Integer> time(String name, int defaultMs, int least, String doc) {
    return intKey(name)
        .section(SECTION)
        .unit(MS)
        .defaultsTo(defaultMs)
        .allowed(Allowed.atLeast(least))
        .doc(doc)
        .build();
  }

  /**
   * Checks all configs that a group would have.
   *
   * @return what is wrong, for the client; empty = nothing
   */
  public static Optional<String> validate(Map<String, String> configs, Settings node) {
    for (Map.Entry<String, String> config : new TreeMap<>(configs).entrySet()) {
      OfGroup of = OF_GROUP.get(config.getKey());
      if (of == null) {
        return Optional.of("Unknown group config name: " + config.getKey());
      }
      int value;
      try {
        value = Integer.parseInt(config.getValue().trim());
      } catch (NumberFormatException e) {
        return Optional.of(
            "Invalid value " + config.getValue() + " for configuration " + config.getKey());
      }
      if (value < node.get(of.least)) {
        return Optional.of(
            config.getKey() + " must be greater than or equal to " + of.least.name());
      }
      if (value > node.get(of.most)) {
        return Optional.of(config.getKey() + " must be less than or equal to " + of.most.name());
      }
    }
    return Optional.empty();
  }
}
