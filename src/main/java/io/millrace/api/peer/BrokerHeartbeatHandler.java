package io.millrace.api.peer;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.Heartbeat;
import io.millrace.controller.Controller.HeartbeatReply;
import io.millrace.controller.Controller.Outcome;
import org.apache.kafka.common.message.BrokerHeartbeatRequestData;
import org.apache.kafka.common.message.BrokerHeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * BrokerHeartbeat: a node is still there. Only on the internal listener.
 *
 * <p>Owner: any thread.
 */
final class BrokerHeartbeatHandler implements RequestHandler {
  /** Later than this the broker has sent the next one. */
  private static final int WAIT_MS = 10_000;

  private final Controller controller;

  BrokerHeartbeatHandler(Controller controller) {
    this.controller = controller;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.BROKER_HEARTBEAT;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    BrokerHeartbeatRequestData request = (BrokerHeartbeatRequestData) message;
    if (PeerChecks.isNotItself(context, request.brokerId())) {
      context.reply(
          refused(
              Errors.CLUSTER_AUTHORIZATION_FAILED, PeerChecks.why(context, request.brokerId())));
      return;
    }
    Heartbeat heartbeat =
        new Heartbeat(
            request.brokerId(),
            request.brokerEpoch(),
            request.currentMetadataOffset(),
            request.wantFence(),
            request.wantShutDown());
    AsyncReply.sendOutcome(
        context,
        AsyncReply.within(WAIT_MS, controller.heartbeat(heartbeat))
            .map(BrokerHeartbeatHandler::answer),
        BrokerHeartbeatHandler::refused);
  }

  private static BrokerHeartbeatResponseData refused(Errors error, String why) {
    return answer(HeartbeatReply.refused(new Outcome(error, why)));
  }

  private static BrokerHeartbeatResponseData answer(HeartbeatReply reply) {
    BrokerHeartbeatResponseData answer =
        new BrokerHeartbeatResponseData()
            .setErrorCode(reply.outcome().error().code())
            .setIsCaughtUp(reply.caughtUp())
            .setIsFenced(reply.fenced())
            .setShouldShutDown(reply.shouldShutDown());
    PeerTags.putText(answer, PeerTags.REASON, reply.outcome().message());
    return answer;
  }
}
