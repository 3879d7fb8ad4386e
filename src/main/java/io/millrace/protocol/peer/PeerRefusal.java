package io.millrace.protocol.peer;

/**
 * Why a node does not want to talk to another.
 *
 * <p>Owner: immutable.
 */
public enum PeerRefusal {
  /** A code that this version does not know. */
  UNKNOWN(0),
  UNSUPPORTED_VERSION(1),
  /** The two belong to different clusters. */
  FOREIGN_CLUSTER(2),
  /** {@code cluster.secret} differs, or only one of the two has one. */
  WRONG_SECRET(3),
  /** Another living process has the same node id. */
  NODE_ID_CLASH(4),
  /** Another node than the one that was asked for: its address is out of date. */
  WRONG_NODE(5),
  /** It serves no requests yet; a later attempt may succeed. */
  NOT_READY(6),
  /** What came is no handshake. */
  MALFORMED(7),
  /** The other side is this very process. */
  SELF(8);

  private final int code;

  PeerRefusal(int code) {
    this.code = code;
  }

  /** The number on the wire. */
  public int code() {
    return code;
  }

  /** Whether this passes by itself: nobody has to be told. */
  public boolean isPassing() {
    return this == NOT_READY || this == WRONG_NODE;
  }

  static PeerRefusal of(int code) {
    for (PeerRefusal refusal : values()) {
      if (refusal.code == code) {
        return refusal;
      }
    }
    return UNKNOWN;
  }
}
