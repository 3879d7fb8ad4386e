package io.millrace.api.configs;

/**
 * The resource types of the protocol (KIP-133, KIP-412, KIP-848).
 *
 * <p>Owner: immutable.
 */
final class ResourceTypes {
  static final byte TOPIC = 2;
  static final byte BROKER = 4;
  static final byte BROKER_LOGGER = 8;
  static final byte GROUP = 32;

  private ResourceTypes() {}

  /** Why a request about a broker is not for this node; null = it is. */
  static String notThisNode(String name, int nodeId) {
    int id;
    try {
      id = Integer.parseInt(name);
    } catch (NumberFormatException e) {
      return "Node id must be an integer, but it is: " + name;
    }
    return id == nodeId
        ? null
        : "Unexpected broker id, expected " + nodeId + ", but received " + name;
  }

  static String unsupported(byte type) {
    return "Resource type "
        + type
        + " is not supported; supported are 2 (topic), 4 (broker), 8 (broker logger) and 32 (group)";
  }
}
