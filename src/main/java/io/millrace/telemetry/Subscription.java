package io.millrace.telemetry;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.Errors;

/**
 * Which metrics the clients that match are asked for, and how often: a CLIENT_METRICS resource.
 *
 * @param metrics prefixes of names; {@link #ALL} = every one; empty = none
 * @param selectors all must match; none = every client
 *     <p>Owner: immutable.
 */
public record Subscription(
    String name, Set<String> metrics, int intervalMs, Collection<Selector> selectors) {
  /** Every metric that a client has. */
  static final String ALL = "*";

  static final int DEFAULT_INTERVAL_MS = 300_000;
  private static final int MIN_INTERVAL_MS = 100;
  private static final int MAX_INTERVAL_MS = 3_600_000;

  public Subscription {
    metrics = Set.copyOf(metrics);
    selectors = List.copyOf(selectors);
  }

  /**
   * A subscription of these configs; what is not set has its default.
   *
   * @throws SubscriptionException with what is wrong, for the client
   */
  public static Subscription of(String name, Map<String, String> configs)
      throws SubscriptionException {
    if (name.isEmpty()) {
      throw new SubscriptionException(Errors.INVALID_REQUEST, "Subscription name can't be empty");
    }
    for (String key : new TreeMap<>(configs).keySet()) {
      if (SubscriptionKey.find(key) == null) {
        throw new SubscriptionException(
            Errors.INVALID_REQUEST, "Unknown client metrics configuration: " + key);
      }
    }
    Map<String, Selector> selectors = new LinkedHashMap<>();
    for (String text : list(SubscriptionKey.MATCH, configs)) {
      Selector selector = Selector.parse(text);
      selectors.put(selector.attribute(), selector);
    }
    return new Subscription(
        name,
        list(SubscriptionKey.METRICS, configs),
        intervalMs(value(SubscriptionKey.INTERVAL_MS, configs)),
        selectors.values());
  }

  private static String value(SubscriptionKey key, Map<String, String> configs) {
    return configs.getOrDefault(key.key(), key.defaultValue());
  }

  private static int intervalMs(String text) throws SubscriptionException {
    int value;
    try {
      value = Integer.parseInt(text.trim());
    } catch (NumberFormatException e) {
      throw new SubscriptionException(
          Errors.INVALID_CONFIG,
          "Invalid value " + text + " for configuration interval.ms: Not a number of type INT");
    }
    if (value < MIN_INTERVAL_MS || value > MAX_INTERVAL_MS) {
      throw new SubscriptionException(
          Errors.INVALID_REQUEST,
          "Invalid value "
              + value
              + " for interval.ms, interval must be between 100 and 3600000 (1 hour)");
    }
    return value;
  }

  /** What comes twice counts once. */
  private static Set<String> list(SubscriptionKey key, Map<String, String> configs)
      throws SubscriptionException {
    String text = value(key, configs).trim();
    Set<String> values = new LinkedHashSet<>();
    if (!text.isEmpty()) {
      for (String part : text.split(",", -1)) {
        values.add(part.trim());
      }
    }
    if (values.contains("")) {
      throw new SubscriptionException(
          Errors.INVALID_CONFIG,
          "Configuration '" + key.key() + "' values must not be empty: " + text);
    }
    return values;
  }

  boolean matches(ClientTraits client) {
    for (Selector selector : selectors) {
      if (!selector.matches(client)) {
        return false;
      }
    }
    return true;
  }
}
