package io.millrace.api.cluster;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.controller.Controller;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * UnregisterBroker: forgets a broker that does not come back.
 *
 * <p>Owner: any thread.
 */
public final class UnregisterBrokerHandler implements RequestHandler {
  private static final int COMMIT_WAIT_MS = 30_000;

  private final Controller controller;

  public UnregisterBrokerHandler(Controller controller) {
    this.controller = controller;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.UNREGISTER_BROKER;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    int nodeId = ((UnregisterBrokerRequestData) message).brokerId();
    AsyncReply.sendOutcome(
        context,
        AsyncReply.within(COMMIT_WAIT_MS, controller.unregisterBroker(nodeId))
            .map(outcome -> answer(outcome.error(), outcome.message())),
        UnregisterBrokerHandler::answer);
  }

  private static UnregisterBrokerResponseData answer(Errors error, String why) {
    return new UnregisterBrokerResponseData().setErrorCode(error.code()).setErrorMessage(why);
  }
}
