package io.millrace.metadata;

/**
 * What a dynamic config belongs to.
 *
 * @param type topic, broker, group or subscription to clients' metrics
 * @param name topic name, group id, subscription or node id as text; empty for brokers = the
 *     default of the whole cluster
 *     <p>Owner: immutable.
 */
public record ConfigResource(Type type, String name) {
  /** Kinds of resources that have dynamic configs. */
  public enum Type {
    TOPIC,
    BROKER,
    /** A consumer group, which need not exist. */
    GROUP,
    /**
     * A subscription to what clients measure (KIP-714), which is there as long as it has configs;
     * from {@link MetadataVersion} 4 on.
     */
    CLIENT_METRICS
  }

  public static ConfigResource topic(String name) {
    return new ConfigResource(Type.TOPIC, name);
  }

  public static ConfigResource broker(int nodeId) {
    return new ConfigResource(Type.BROKER, Integer.toString(nodeId));
  }

  /** The dynamic configs of a group. */
  public static ConfigResource group(String groupId) {
    return new ConfigResource(Type.GROUP, groupId);
  }

  /** The dynamic configs of a subscription to clients' metrics. */
  public static ConfigResource clientMetrics(String subscription) {
    return new ConfigResource(Type.CLIENT_METRICS, subscription);
  }

  /** Dynamic configs that hold for every broker unless it has its own. */
  public static ConfigResource brokerDefault() {
    return new ConfigResource(Type.BROKER, "");
  }
}
