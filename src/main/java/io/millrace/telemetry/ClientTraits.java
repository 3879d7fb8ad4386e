package io.millrace.telemetry;

import org.apache.kafka.common.Uuid;

/**
 * Who a client instance is, as its connection tells.
 *
 * @param clientId null = it gave none; of a very long one the beginning
 * @param softwareName {@code unknown} = it did not say
 * @param address without a name
 *     <p>Owner: immutable.
 */
public record ClientTraits(
    Uuid instanceId,
    String clientId,
    String softwareName,
    String softwareVersion,
    String address,
    int port) {
  public ClientTraits {
    if (clientId != null) {
      // What is too long for selectors stays too long.
      clientId = clientId.substring(0, Math.min(clientId.length(), Selector.MAX_VALUE + 1));
    }
  }

  /** The instance's id as text. */
  public String id() {
    return instanceId.toString();
  }

  /** The value that a subscription's selector looks at; null = there is none. */
  String attribute(String name) {
    return switch (name) {
      case "client_instance_id" -> id();
      case "client_id" -> clientId;
      case "client_software_name" -> softwareName;
      case "client_software_version" -> softwareVersion;
      case "client_source_address" -> address;
      case "client_source_port" -> Integer.toString(port);
      default -> null;
    };
  }
}
