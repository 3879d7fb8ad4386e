package io.millrace.api.transactions;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.api.peer.OpenPartsTag;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.transaction.TransactionShard;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * ListTransactions between nodes: what coordinator shards here know of transactions that partitions
 * elsewhere have in progress. Refused as a whole if one of the shards cannot surely say.
 *
 * <p>Owner: any thread.
 */
public final class OpenPartsHandler implements RequestHandler {
  private final Coordinator<TransactionShard> coordinator;

  public OpenPartsHandler(Coordinator<TransactionShard> coordinator) {
    this.coordinator = coordinator;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.LIST_TRANSACTIONS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    OpenPartsTag.Question question;
    try {
      question = OpenPartsTag.of((ListTransactionsRequestData) message);
    } catch (IllegalArgumentException e) {
      question = null;
    }
    if (question == null) {
      context.reply(refused(Errors.INVALID_REQUEST));
      return;
    }
    AsyncReply.send(
        context,
        KnownParts.of(coordinator, question.shards(), question.parts()).map(OpenPartsTag::response),
        OpenPartsHandler::refused);
  }

  private static ListTransactionsResponseData refused(Errors error) {
    return new ListTransactionsResponseData().setErrorCode(error.code());
  }
}
