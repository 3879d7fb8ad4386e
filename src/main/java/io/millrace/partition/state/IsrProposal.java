package io.millrace.partition.state;

import java.util.List;

/**
 * An ISR that a leader asks the controller for.
 *
 * @param partitionEpoch of the state that it changes
 * @param joining members that are not in the committed one
 * @param leaving members of the committed one that are not in it
 *     <p>Owner: immutable.
 */
public record IsrProposal(
    int leaderEpoch,
    int partitionEpoch,
    List<Member> isr,
    List<Integer> joining,
    List<Integer> leaving) {
  /** A member and the broker epoch under which it has fetched; -1 = the leader itself. */
  public record Member(int nodeId, long brokerEpoch) {}

  public IsrProposal {
    isr = List.copyOf(isr);
    joining = List.copyOf(joining);
    leaving = List.copyOf(leaving);
  }
}
