package io.millrace.api.configs;

import io.millrace.metadata.ConfigResource;

/**
 * The resource types of the protocol (KIP-133, KIP-412, KIP-714, KIP-848).
 *
 * <p>Owner: immutable.
 */
public final class ResourceTypes {
  static final byte TOPIC = 2;
  static final byte BROKER = 4;
  static final byte BROKER_LOGGER = 8;
  static final byte CLIENT_METRICS = 16;
  static final byte GROUP = 32;

  /**
   * Instead of a node id: requests may be about any broker. So it is at the controller, where the
   * broker that a request was for has sent it.
   */
  public static final int ANY_NODE = -1;

  private ResourceTypes() {}

  /** The type of a resource that has committed configs. */
  public static byte of(ConfigResource.Type type) {
    return switch (type) {
      case TOPIC -> TOPIC;
      case BROKER -> BROKER;
      case GROUP -> GROUP;
      case CLIENT_METRICS -> CLIENT_METRICS;
    };
  }

  /** The resource of a type that {@link #of} has given. */
  public static ConfigResource resource(byte type, String name) {
    return new ConfigResource(
        switch (type) {
          case TOPIC -> ConfigResource.Type.TOPIC;
          case BROKER -> ConfigResource.Type.BROKER;
          case GROUP -> ConfigResource.Type.GROUP;
          case CLIENT_METRICS -> ConfigResource.Type.CLIENT_METRICS;
          default -> throw new IllegalArgumentException(unsupported(type));
        },
        name);
  }

  /**
   * Why a request about a broker is not for this node ({@link #ANY_NODE}: for none); null = it is.
   */
  static String notThisNode(String name, int nodeId) {
    int id;
    try {
      id = Integer.parseInt(name);
    } catch (NumberFormatException e) {
      return "Node id must be an integer, but it is: " + name;
    }
    return id == nodeId || nodeId == ANY_NODE
        ? null
        : "Unexpected broker id, expected " + nodeId + ", but received " + name;
  }

  static String unsupported(byte type) {
    return "Resource type "
        + type
        + " is not supported; supported are 2 (topic), 4 (broker), 8 (broker logger), 16 (client"
        + " metrics) and 32 (group)";
  }
}
