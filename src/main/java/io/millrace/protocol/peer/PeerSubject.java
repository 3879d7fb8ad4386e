package io.millrace.protocol.peer;

/**
 * Whom a one-way message is for.
 *
 * <p>Owner: immutable.
 */
public enum PeerSubject {
  /** The quorum that keeps the metadata log. */
  QUORUM(0),
  /** The first start of a cluster. */
  FORMATION(1);

  /** Longest message in bytes. */
  public static final int MAX_MESSAGE_BYTES = 8 << 20;

  private final int id;

  PeerSubject(int id) {
    this.id = id;
  }

  /** The number on the wire. */
  public int id() {
    return id;
  }

  /** null = unknown here: a newer node says what this one does not understand. */
  public static PeerSubject of(int id) {
    return switch (id) {
      case 0 -> QUORUM;
      case 1 -> FORMATION;
      default -> null;
    };
  }
}
