package io.millrace.telemetry;

import org.apache.kafka.common.Uuid;

/**
 * Who a client instance is, as its connection tells; of texts that are very long, the beginning.
 *
 * @param clientId null = it gave none
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
    clientId = clientId == null ? null : beginning(clientId);
    softwareName = beginning(softwareName);
    softwareVersion = beginning(softwareVersion);
  }

  /** What is too long for selectors stays too long. */
  private static String beginning(String text) {
    return text.substring(0, Math.min(text.length(), Selector.MAX_VALUE + 1));
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
