package io.millrace.telemetry;

import io.millrace.config.ConfigKey;

/**
 * The configs of a CLIENT_METRICS resource (KIP-714).
 *
 * <p>Owner: immutable.
 */
public enum SubscriptionKey {
  INTERVAL_MS(
      "interval.ms",
      ConfigKey.Type.INT,
      Integer.toString(Subscription.DEFAULT_INTERVAL_MS),
      "How often a client pushes its metrics, in ms: from 100 to 3600000."),
  MATCH(
      "match",
      ConfigKey.Type.LIST,
      "",
      "Which clients: a list of ATTRIBUTE=REGEX, all of which must match the whole value. Attributes"
          + " are client_instance_id, client_id, client_software_name, client_software_version,"
          + " client_source_address and client_source_port. Empty = all clients."),
  METRICS(
      "metrics",
      ConfigKey.Type.LIST,
      "",
      "Which metrics: a list of prefixes of their names. * = all, empty = none.");

  private final String key;
  private final ConfigKey.Type type;
  private final String defaultValue;
  private final String doc;

  SubscriptionKey(String key, ConfigKey.Type type, String defaultValue, String doc) {
    this.key = key;
    this.type = type;
    this.defaultValue = defaultValue;
    this.doc = doc;
  }

  /** The key of this name; null = there is none. */
  public static SubscriptionKey find(String name) {
    for (SubscriptionKey one : values()) {
      if (one.key.equals(name)) {
        return one;
      }
    }
    return null;
  }

  public String key() {
    return key;
  }

  public ConfigKey.Type type() {
    return type;
  }

  /** As in a config. */
  public String defaultValue() {
    return defaultValue;
  }

  public String doc() {
    return doc;
  }
}
