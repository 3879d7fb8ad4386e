package io.millrace.api.peer;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.controller.Controller;
import org.apache.kafka.common.message.AllocateProducerIdsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * AllocateProducerIds (KIP-730): a block of producer ids for a node. Only on the internal listener.
 *
 * <p>Owner: any thread.
 */
final class AllocateProducerIdsHandler implements RequestHandler {
  private static final int COMMIT_WAIT_MS = 10_000;

  private final Controller controller;

  AllocateProducerIdsHandler(Controller controller) {
    this.controller = controller;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ALLOCATE_PRODUCER_IDS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    AsyncReply.send(
        context,
        AsyncReply.within(COMMIT_WAIT_MS, controller.allocateProducerIds())
            .map(
                block ->
                    new AllocateProducerIdsResponseData()
                        .setProducerIdStart(block.first())
                        .setProducerIdLen(block.count())),
        error -> new AllocateProducerIdsResponseData().setErrorCode(error.code()));
  }
}
