package io.millrace.protocol.peer;

/**
 * What a connection between two nodes is for.
 *
 * <p>Owner: immutable.
 */
public enum PeerPurpose {
  /** One-way messages from the side that opened it. */
  MESSAGES(0),
  /** Requests and responses in Kafka's form. */
  REQUESTS(1);

  private final int id;

  PeerPurpose(int id) {
    this.id = id;
  }

  /** The number on the wire. */
  public int id() {
    return id;
  }

  /** null = unknown here. */
  static PeerPurpose of(int id) {
    return switch (id) {
      case 0 -> MESSAGES;
      case 1 -> REQUESTS;
      default -> null;
    };
  }
}
