package io.millrace.coordinator.group;

/**
 * Something that made a group rebalance.
 *
 * @param memberId the member that did it, or that it happened to; empty = no single one
 * @param detail the client's own words, an error, or empty
 *     <p>Owner: immutable.
 */
public record RebalanceCause(Kind kind, String memberId, String detail) {
  /** What happened. */
  public enum Kind {
    JOINED("joined"),
    LEFT("left"),
    SESSION_EXPIRED("sent no heartbeat within its session timeout"),
    METADATA_CHANGED("changed its metadata"),
    LEADER_REJOINED("joined again as the leader"),
    REPLACED("took the place of a static member"),
    JOIN_MISSING("did not join within the rebalance timeout"),
    SYNC_MISSING("did not sync within the rebalance timeout"),
    REVOCATION_MISSING("did not give its partitions up within the rebalance timeout"),
    TOPICS_CHANGED("the topics of the group have changed"),
    REFUSED("was refused, since the group is full"),
    NOT_STORED("sent an assignment that could not be stored"),
    DOWNGRADED("the last member of the consumer protocol has left"),
    OVER_CAPACITY("the group has more members than group.max.size");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /** For people; follows the name of the member. */
    public String text() {
      return text;
    }
  }

  /** The longest reason that Kafka's own clients give (KIP-800). */
  private static final int MAX_DETAIL = 255;

  /** Cuts off what nobody needs to remember. */
  public RebalanceCause {
    detail = detail.length() > MAX_DETAIL ? detail.substring(0, MAX_DETAIL) : detail;
  }

  /** Without words of the client. */
  public RebalanceCause(Kind kind, String memberId) {
    this(kind, memberId, "");
  }

  @Override
  public String toString() {
    return (memberId.isEmpty() ? "" : memberId + " ")
        + kind.text
        + (detail.isEmpty() ? "" : " (" + detail + ")");
  }
}
