package io.millrace.api.quorum;

import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import org.apache.kafka.common.message.AddRaftVoterRequestData;
import org.apache.kafka.common.message.AddRaftVoterResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * AddRaftVoter (KIP-853): gives a node a vote on the metadata. The endpoints in the request are not
 * needed, for nodes find each other by their membership. Answers when the change is committed, also
 * where a client of version 1 would be content with less.
 *
 * <p>Owner: any thread.
 */
public final class AddRaftVoterHandler implements RequestHandler {
  private final QuorumControl quorum;

  public AddRaftVoterHandler(QuorumControl quorum) {
    this.quorum = quorum;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ADD_RAFT_VOTER;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    AddRaftVoterRequestData request = (AddRaftVoterRequestData) message;
    new VoterRequest(request.clusterId(), request.voterId(), request.voterDirectoryId())
        .reply(context, quorum::addVoter, request.timeoutMs(), AddRaftVoterHandler::answer);
  }

  private static AddRaftVoterResponseData answer(Errors error, String why) {
    return new AddRaftVoterResponseData().setErrorCode(error.code()).setErrorMessage(why);
  }
}
