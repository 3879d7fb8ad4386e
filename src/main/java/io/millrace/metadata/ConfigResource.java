package io.millrace.metadata;

/**
 * What a dynamic config belongs to.
 *
 * @param type topic, broker or group
 * @param name topic name, group id or node id as text; empty for brokers = the default of the whole
 *     cluster
 *     <p>Owner: immutable.
 */
public record ConfigResource(Type type, String name) {
  /** Kinds of resources that have dynamic configs. */
  public enum Type {
    TOPIC,
    BROKER,
    /** A consumer group, which need not exist. */
    GROUP
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

  /** Dynamic configs that hold for every broker unless it has its own. */
  public static ConfigResource brokerDefault() {
    return new ConfigResource(Type.BROKER, "");
  }
}
