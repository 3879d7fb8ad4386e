package io.millrace.api.transactions;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.TransactionShard;
import io.vertx.core.Future;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * ListTransactions (KIP-664): the transactional ids of all shards of this node, by state, producer
 * id, duration and name. Clients ask every node.
 *
 * <p>Owner: any thread.
 */
public final class ListTransactionsHandler implements RequestHandler {
  private final Coordinator<TransactionShard> coordinator;

  public ListTransactionsHandler(Coordinator<TransactionShard> coordinator) {
    this.coordinator = coordinator;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.LIST_TRANSACTIONS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    ListTransactionsRequestData request = (ListTransactionsRequestData) message;
    List<Future<ListTransactionsResponseData>> ofShards =
        coordinator.localPartitions().stream()
            .map(partition -> list(context, partition, request))
            .toList();
    AsyncReply.send(
        context,
        ofShards.isEmpty()
            ? Future.succeededFuture(new ListTransactionsResponseData())
            : Future.join(ofShards).map(all -> merged(all.list())),
        error -> new ListTransactionsResponseData().setErrorCode(error.code()));
  }

  private static ListTransactionsResponseData merged(List<ListTransactionsResponseData> all) {
    ListTransactionsResponseData response = new ListTransactionsResponseData();
    Set<String> unknown = new LinkedHashSet<>();
    for (ListTransactionsResponseData each : all) {
      if (each.errorCode() != Errors.NONE.code()) {
        return each;
      }
      response.transactionStates().addAll(each.transactionStates());
      unknown.addAll(each.unknownStateFilters());
    }
    return response.setUnknownStateFilters(List.copyOf(unknown));
  }

  private Future<ListTransactionsResponseData> list(
      RequestContext context, int partition, ListTransactionsRequestData request) {
    return coordinator
        .ask(
            partition,
            (TransactionShard shard, Reply<ListTransactionsResponseData> reply) ->
                shard.list(request, reply))
        .recover(
            cause ->
                // Another node leads it, and lists its transactions.
                AsyncReply.errorOf(context, cause) == Errors.NOT_COORDINATOR
                    ? Future.succeededFuture(new ListTransactionsResponseData())
                    : Future.failedFuture(cause));
  }
}
