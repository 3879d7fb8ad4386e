package io.millrace.quorum.state;

/**
 * Who led the quorum before, as far as one replica knows.
 *
 * @param nodeId -1 = nobody was heard of since this replica was started
 * @param silentMs how long ago it was heard of as the leader
 *     <p>Owner: immutable.
 */
public record PreviousLeader(int nodeId, long silentMs) {
  public static final PreviousLeader NOBODY = new PreviousLeader(-1, 0);
}
