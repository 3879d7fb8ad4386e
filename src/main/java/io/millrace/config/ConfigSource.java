package io.millrace.config;

/**
 * Where a value comes from, with the ids of the Kafka protocol (DescribeConfigs, KIP-226); the most
 * specific first.
 *
 * <p>Owner: immutable.
 */
public enum ConfigSource {
  /** Set on the topic. */
  DYNAMIC_TOPIC_CONFIG(1),
  /** Set on this broker while running. */
  DYNAMIC_BROKER_CONFIG(2),
  /** Set for all brokers while running. */
  DYNAMIC_DEFAULT_BROKER_CONFIG(3),
  /** From the file, the environment or the command line. */
  STATIC_BROKER_CONFIG(4),
  /** Nothing was set. */
  DEFAULT_CONFIG(5);

  private final byte id;

  ConfigSource(int id) {
    this.id = (byte) id;
  }

  /** The id in DescribeConfigs responses. */
  public byte id() {
    return id;
  }
}
