package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import java.util.UUID;

/**
 * What a voter must remember whatever happens: it is on the disk, fsynced, before anything that
 * follows from it leaves the node (Raft, figure 2: currentTerm, votedFor).
 *
 * @param term the newest term this voter knows; grows only
 * @param votedFor whom it voted for in that term; null = nobody
 *     <p>Owner: immutable.
 */
public record HardState(int term, VoterId votedFor) {
  /**
   * Directory of a vote from the time when only the node was written down. It is nobody's, so such
   * a vote is never given again in its term, not even to the same node.
   */
  public static final UUID UNKNOWN_DIRECTORY = new UUID(0, 0);

  /** A voter that has never run. */
  public static final HardState INITIAL = new HardState(0, null);

  /** A vote of which only the node is known. */
  public static HardState ofNode(int term, int nodeId) {
    return new HardState(term, new VoterId(nodeId, UNKNOWN_DIRECTORY));
  }
}
