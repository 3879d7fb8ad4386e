package io.millrace.api.transactions;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.api.coordinators.CoordinatorTopic;
import io.millrace.api.producers.RequestingClient;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.TransactionShard;
import io.millrace.metadata.ImagePublisher;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddOffsetsToTxnResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * AddOffsetsToTxn: a producer is going to commit offsets of a group in its transaction, so the
 * partition takes part in which the group's offsets are.
 *
 * <p>Owner: any thread.
 */
public final class AddOffsetsToTxnHandler implements RequestHandler {
  private final Coordinator<TransactionShard> coordinator;
  private final CoordinatorTopic offsets;
  private final ImagePublisher images;

  public AddOffsetsToTxnHandler(
      Coordinator<TransactionShard> coordinator, CoordinatorTopic offsets, ImagePublisher images) {
    this.coordinator = coordinator;
    this.offsets = offsets;
    this.images = images;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ADD_OFFSETS_TO_TXN;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    AddOffsetsToTxnRequestData request = (AddOffsetsToTxnRequestData) message;
    if (request.transactionalId().isEmpty()) {
      context.reply(answer(Errors.INVALID_REQUEST));
      return;
    }
    // The group need not have done anything yet, and then there may be no such topic.
    AsyncReply.send(
        context,
        offsets
            .ensure(context, context.newestImage())
            .compose(any -> add(context, request))
            .map(AddOffsetsToTxnHandler::answer),
        AddOffsetsToTxnHandler::answer);
  }

  private Future<Errors> add(RequestContext context, AddOffsetsToTxnRequestData request) {
    TopicImage topic = images.image().topic(CoordinatorTopic.OFFSETS);
    if (topic == null) {
      return Future.succeededFuture(Errors.COORDINATOR_NOT_AVAILABLE);
    }
    TopicPartition partition =
        new TopicPartition(
            CoordinatorTopic.OFFSETS,
            CoordinatorRuntime.partitionFor(request.groupId(), topic.partitions().size()));
    return coordinator.ask(
        request.transactionalId(),
        (TransactionShard shard, Reply<Errors> reply) -> {
          shard.noteClient(
              request.transactionalId(),
              request.producerId(),
              request.producerEpoch(),
              RequestingClient.of(context));
          return shard.addOffsets(
              request.transactionalId(),
              request.producerId(),
              request.producerEpoch(),
              partition,
              context.version(),
              reply);
        });
  }

  private static AddOffsetsToTxnResponseData answer(Errors error) {
    return new AddOffsetsToTxnResponseData().setErrorCode(error.code());
  }
}
