package io.millrace.api.quorum;

import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import org.apache.kafka.common.message.RemoveRaftVoterRequestData;
import org.apache.kafka.common.message.RemoveRaftVoterResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * RemoveRaftVoter (KIP-853): takes the vote on the metadata away from a node, which then follows
 * without one.
 *
 * <p>Owner: any thread.
 */
public final class RemoveRaftVoterHandler implements RequestHandler {
  private static final int COMMIT_WAIT_MS = 30_000;

  private final QuorumControl quorum;

  public RemoveRaftVoterHandler(QuorumControl quorum) {
    this.quorum = quorum;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.REMOVE_RAFT_VOTER;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    RemoveRaftVoterRequestData request = (RemoveRaftVoterRequestData) message;
    new VoterRequest(request.clusterId(), request.voterId(), request.voterDirectoryId())
        .reply(context, quorum::removeVoter, COMMIT_WAIT_MS, RemoveRaftVoterHandler::answer);
  }

  private static RemoveRaftVoterResponseData answer(Errors error, String why) {
    return new RemoveRaftVoterResponseData().setErrorCode(error.code()).setErrorMessage(why);
  }
}
