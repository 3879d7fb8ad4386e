package io.millrace.quorum;

import io.millrace.model.VoterId;
import io.millrace.quorum.state.VoterChange;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * What a client is told when the rules refuse to change the voters or the leader.
 *
 * <p>Owner: any thread.
 */
final class Refusals {
  private Refusals() {}

  /**
   * The answer.
   *
   * @param voters who votes now
   */
  static QuorumException of(VoterChange.Refusal why, VoterId id, Set<VoterId> voters) {
    return switch (why) {
      case NOT_LEADER ->
          new QuorumException(Errors.NOT_CONTROLLER, "This node does not lead the quorum");
      case CHANGE_UNDER_WAY ->
          new QuorumException(
              Errors.REQUEST_TIMED_OUT,
              "Another change of the voters is not committed yet; try again");
      case IS_VOTER -> new QuorumException(Errors.DUPLICATE_VOTER, id + " is a voter already");
      case NODE_IS_VOTER ->
          new QuorumException(
              Errors.DUPLICATE_VOTER,
              id
                  + " cannot vote while the node votes with another directory; if that disk is lost"
                  + " for good, remove that voter first"
                  + votesAs(": ", id, voters));
      case NOT_CAUGHT_UP ->
          new QuorumException(
              Errors.REQUEST_TIMED_OUT,
              id + " has not got all of the metadata log yet, or is not connected; try again");
      case NO_VOTER ->
          new QuorumException(
              Errors.VOTER_NOT_FOUND,
              id + " is not a voter" + votesAs("; the node votes as ", id, voters));
      case LAST_VOTER ->
          new QuorumException(Errors.INVALID_REQUEST, id + " is the last voter and has to stay");
      case IS_LEADER -> new QuorumException(Errors.INVALID_REQUEST, id + " leads already");
    };
  }

  /** A node has at most one vote. */
  private static String votesAs(String prefix, VoterId id, Set<VoterId> voters) {
    return voters.stream()
        .filter(voter -> voter.nodeId() == id.nodeId())
        .map(voter -> prefix + voter)
        .findAny()
        .orElse("");
  }
}
