package io.millrace.api.quorum;

import io.millrace.model.VoterId;
import io.vertx.core.Future;

/**
 * The metadata quorum, wherever its leader is. Refusals are failures with the Kafka error to tell
 * the client ({@link io.millrace.quorum.QuorumException} or {@code ApiException}); NOT_CONTROLLER
 * and REQUEST_TIMED_OUT when there is no leader.
 *
 * <p>Owner: any thread.
 */
public interface QuorumControl {
  /** What the leader knows. */
  Future<QuorumDescription> describe();

  /**
   * Gives a node a vote; completes when that is committed. DUPLICATE_VOTER when a voter has this
   * node id, REQUEST_TIMED_OUT when the node does not follow closely enough, or is not there.
   */
  Future<Void> addVoter(VoterId voter);

  /** Takes a vote away; completes when that is committed. VOTER_NOT_FOUND when it is no voter. */
  Future<Void> removeVoter(VoterId voter);

  /**
   * Hands the leadership to a voter; completes when the old leader leads no longer.
   * ELECTION_NOT_NEEDED when it leads already, VOTER_NOT_FOUND when it is no voter,
   * PREFERRED_LEADER_NOT_AVAILABLE when it is not there or too far behind.
   */
  Future<Void> transferLeadership(int nodeId);
}
