package io.millrace.quorum.state;

/**
 * What a voter must remember whatever happens: it is on the disk, fsynced, before anything that
 * follows from it leaves the node (Raft, figure 2: currentTerm, votedFor).
 *
 * @param term the newest term this voter knows; grows only
 * @param votedFor whom it voted for in that term; -1 = nobody
 *     <p>Owner: immutable.
 */
public record HardState(int term, int votedFor) {
  /** {@link #votedFor} when no vote was given. */
  public static final int NOBODY = -1;

  /** A voter that has never run. */
  public static final HardState INITIAL = new HardState(0, NOBODY);
}
