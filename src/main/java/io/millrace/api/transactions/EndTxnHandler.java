package io.millrace.api.transactions;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.api.producers.FreshProducerIds;
import io.millrace.api.producers.ProducerIdAllocator;
import io.millrace.api.producers.RequestingClient;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.transaction.TransactionShard;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * EndTxn: a producer commits or aborts its transaction. It is answered when the decision is
 * durable; the partitions learn of it afterwards.
 *
 * <p>Owner: any thread.
 */
public final class EndTxnHandler implements RequestHandler {
  private final FreshProducerIds coordinator;

  public EndTxnHandler(Coordinator<TransactionShard> coordinator, ProducerIdAllocator ids) {
    this.coordinator = new FreshProducerIds(coordinator, ids);
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.END_TXN;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    EndTxnRequestData request = (EndTxnRequestData) message;
    if (request.transactionalId().isEmpty()) {
      context.reply(refused(Errors.INVALID_REQUEST));
      return;
    }
    AsyncReply.send(
        context,
        coordinator.<EndTxnResponseData>ask(
            request.transactionalId(),
            (shard, freshId, reply) -> {
              shard.noteClient(
                  request.transactionalId(),
                  request.producerId(),
                  request.producerEpoch(),
                  RequestingClient.of(context));
              return shard.endTxn(request, context.version(), freshId, reply);
            }),
        EndTxnHandler::refused);
  }

  private static EndTxnResponseData refused(Errors error) {
    return new EndTxnResponseData().setErrorCode(error.code());
  }
}
