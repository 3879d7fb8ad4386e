package io.millrace.metadata;

/**
 * What a dynamic config belongs to.
 *
 * @param type topic or broker
 * @param name topic name or node id as text; empty for brokers = the default of the whole cluster
 *     <p>Owner: immutable.
 */
public record ConfigResource(Type type, String name) {
  /** Kinds of resources that have dynamic configs. */
  public enum Type {
    TOPIC,
    BROKER
  }

  public static ConfigResource topic(String name) {
    return new ConfigResource(Type.TOPIC, name);
  }

  public static ConfigResource broker(int nodeId) {
    return new ConfigResource(Type.BROKER, Integer.toString(nodeId));
  }

  /** Dynamic configs that hold for every broker unless it has its own. */
  public static ConfigResource brokerDefault() {
    return new ConfigResource(Type.BROKER, "");
  }
}
