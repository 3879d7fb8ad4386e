package io.millrace.api.transactions;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.TransactionShard;
import io.vertx.core.Future;
import java.util.List;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData.TransactionState;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeTransactions (KIP-664): what the coordinator knows of transactional ids.
 *
 * <p>Owner: any thread.
 */
public final class DescribeTransactionsHandler implements RequestHandler {
  private final Coordinator<TransactionShard> coordinator;

  public DescribeTransactionsHandler(Coordinator<TransactionShard> coordinator) {
    this.coordinator = coordinator;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_TRANSACTIONS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    DescribeTransactionsRequestData request = (DescribeTransactionsRequestData) message;
    List<Future<TransactionState>> states =
        request.transactionalIds().stream().distinct().map(id -> describe(context, id)).toList();
    AsyncReply.send(
        context,
        states.isEmpty()
            ? Future.succeededFuture(new DescribeTransactionsResponseData())
            : Future.join(states)
                .map(
                    all -> new DescribeTransactionsResponseData().setTransactionStates(all.list())),
        error -> new DescribeTransactionsResponseData());
  }

  private Future<TransactionState> describe(RequestContext context, String id) {
    return coordinator
        .ask(
            id,
            (TransactionShard shard, Reply<TransactionState> reply) -> shard.describe(id, reply))
        .otherwise(cause -> refused(id, AsyncReply.errorOf(context, cause)));
  }

  private static TransactionState refused(String id, Errors error) {
    return new TransactionState().setTransactionalId(id).setErrorCode(error.code());
  }
}
