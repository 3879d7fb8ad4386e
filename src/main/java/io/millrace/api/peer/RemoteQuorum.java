package io.millrace.api.peer;

import io.millrace.api.quorum.QuorumControl;
import io.millrace.api.quorum.QuorumDescription;
import io.millrace.controller.Controller.Outcome;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumException;
import io.vertx.core.Future;
import java.util.Map;
import org.apache.kafka.common.message.AddRaftVoterResponseData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.RemoveRaftVoterResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * The quorum with its leader on another node; asks once, as {@link RemoteController} does.
 *
 * <p>Owner: any thread.
 */
final class RemoteQuorum implements QuorumControl {
  private static final short DESCRIBE_QUORUM = 2;
  private static final short ADD_RAFT_VOTER = 1;
  private static final short REMOVE_RAFT_VOTER = 0;
  private static final short ELECT_LEADERS = 2;

  private final ControllerLink link;
  private final int timeoutMs;

  RemoteQuorum(ControllerLink link, int timeoutMs) {
    this.link = link;
    this.timeoutMs = timeoutMs;
  }

  @Override
  public Future<QuorumDescription> describe() {
    return link.ask(
            ControllerLink.CONTROL,
            ControllerRequests.describeQuorum(),
            DESCRIBE_QUORUM,
            timeoutMs,
            DescribeQuorumResponseData.class)
        .map(ControllerReplies::describeQuorum);
  }

  @Override
  public Future<Void> addVoter(VoterId voter) {
    return link.command(
        ControllerLink.QUORUM,
        ControllerRequests.addVoter(voter, link.clusterId(), timeoutMs),
        ADD_RAFT_VOTER,
        timeoutMs,
        AddRaftVoterResponseData.class,
        response -> ControllerReplies.done(response.errorCode(), response.errorMessage()));
  }

  @Override
  public Future<Void> removeVoter(VoterId voter) {
    return link.command(
        ControllerLink.QUORUM,
        ControllerRequests.removeVoter(voter, link.clusterId()),
        REMOVE_RAFT_VOTER,
        timeoutMs,
        RemoveRaftVoterResponseData.class,
        response -> ControllerReplies.done(response.errorCode(), response.errorMessage()));
  }

  @Override
  public Future<Void> transferLeadership(int nodeId) {
    return link.ask(
            ControllerLink.QUORUM,
            ControllerRequests.transferLeadership(nodeId, timeoutMs),
            ELECT_LEADERS,
            timeoutMs,
            ElectLeadersResponseData.class)
        .map(ControllerReplies::electLeaders)
        .map(Map::values)
        .map(
            outcomes -> {
              Outcome outcome = outcomes.iterator().next();
              if (outcome.error() != Errors.NONE) {
                throw new QuorumException(outcome.error(), outcome.message());
              }
              return null;
            });
  }
}
