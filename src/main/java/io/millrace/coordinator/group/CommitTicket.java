package io.millrace.coordinator.group;

/**
 * When the verification of a transactional commit began, as the shard counts. It is void once the
 * producer's transaction has ended there, and in any other shard.
 *
 * <p>Owner: immutable.
 */
public final class CommitTicket {
  /** For commits that the log itself refuses after the end: those of transaction version 2. */
  public static final CommitTicket NONE = new CommitTicket(null, 0);

  private final Object issuer;
  private final long ends;

  private CommitTicket(Object issuer, long ends) {
    this.issuer = issuer;
    this.ends = ends;
  }

  static CommitTicket of(EndedTransactions ended) {
    return new CommitTicket(ended, ended.count());
  }

  boolean isValid(EndedTransactions ended, long producerId) {
    return this == NONE || (issuer == ended && !ended.endedAfter(ends, producerId));
  }
}
