package io.millrace.coordinator.transaction;

/**
 * From where a producer speaks to its coordinator: for people who look for it.
 *
 * @param address IP address and port
 * @param clientId null = the client gave none; a long one is cut
 *     <p>Owner: immutable.
 */
public record ProducerClient(String address, String clientId) {
  private static final int MAX_CLIENT_ID = 256;

  public ProducerClient {
    if (clientId != null && clientId.length() > MAX_CLIENT_ID) {
      clientId = clientId.substring(0, MAX_CLIENT_ID);
    }
  }

  /** As a line of the log has it; null = not known. */
  public static String shown(ProducerClient client) {
    return client == null
        ? "-"
        : client.address + (client.clientId == null ? "" : " (client id " + client.clientId + ")");
  }
}
