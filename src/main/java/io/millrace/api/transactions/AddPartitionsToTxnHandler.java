package io.millrace.api.transactions;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.api.producers.RequestingClient;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.TransactionShard;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.TopicImage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnPartitionResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * AddPartitionsToTxn: producers add partitions to their transaction before they write to them; from
 * version 4 on other brokers do it for them, or verify that it was done, for several transactions
 * at once (KIP-890). Those do not wait for each other: what would have to wait for the end of a
 * transaction is CONCURRENT_TRANSACTIONS, and what is not committed in time REQUEST_TIMED_OUT.
 *
 * <p>Owner: any thread.
 */
public final class AddPartitionsToTxnHandler implements RequestHandler {
  private static final short FIRST_VERSION_OF_BROKERS = 4;

  /** How long a broker waits for a transaction before it hears of the others of its request. */
  private static final int WAIT_MS = 500;

  private final Coordinator<TransactionShard> coordinator;

  public AddPartitionsToTxnHandler(Coordinator<TransactionShard> coordinator) {
    this.coordinator = coordinator;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ADD_PARTITIONS_TO_TXN;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    AddPartitionsToTxnRequestData request = (AddPartitionsToTxnRequestData) message;
    if (context.version() < FIRST_VERSION_OF_BROKERS) {
      AddPartitionsToTxnTransaction asked =
          new AddPartitionsToTxnTransaction()
              .setTransactionalId(request.v3AndBelowTransactionalId())
              .setProducerId(request.v3AndBelowProducerId())
              .setProducerEpoch(request.v3AndBelowProducerEpoch())
              .setTopics(request.v3AndBelowTopics());
      add(context, asked)
          .onSuccess(
              result ->
                  context.reply(
                      new AddPartitionsToTxnResponseData()
                          .setResultsByTopicV3AndBelow(result.topicResults())));
      return;
    }
    List<Future<AddPartitionsToTxnResult>> results = new ArrayList<>();
    List<Runnable> open = new ArrayList<>();
    for (AddPartitionsToTxnTransaction asked : request.transactions()) {
      Promise<AddPartitionsToTxnResult> result = Promise.promise();
      add(context, asked).onSuccess(result::tryComplete);
      results.add(result.future());
      if (!result.future().isComplete()) {
        open.add(() -> result.tryComplete(all(asked, Errors.REQUEST_TIMED_OUT)));
      }
    }
    if (!open.isEmpty()) {
      context.loop().schedule(WAIT_MS, () -> open.forEach(Runnable::run));
    }
    AsyncReply.send(
        context,
        Future.join(results)
            .map(
                all -> {
                  AddPartitionsToTxnResponseData response = new AddPartitionsToTxnResponseData();
                  all.<AddPartitionsToTxnResult>list()
                      .forEach(response.resultsByTransaction()::add);
                  return response;
                }),
        error -> new AddPartitionsToTxnResponseData().setErrorCode(error.code()));
  }

  /** Never fails: errors are told of each partition. */
  private Future<AddPartitionsToTxnResult> add(
      RequestContext context, AddPartitionsToTxnTransaction asked) {
    if (asked.transactionalId().isEmpty()) {
      return Future.succeededFuture(all(asked, Errors.INVALID_REQUEST));
    }
    if (!asked.verifyOnly() && lacksAny(context.newestImage(), asked)) {
      return Future.succeededFuture(someUnknown(context.newestImage(), asked));
    }
    short version = context.version();
    boolean waits = version < FIRST_VERSION_OF_BROKERS;
    return coordinator
        .ask(
            asked.transactionalId(),
            (TransactionShard shard, Reply<AddPartitionsToTxnResult> reply) -> {
              if (waits) {
                shard.noteClient(
                    asked.transactionalId(),
                    asked.producerId(),
                    asked.producerEpoch(),
                    RequestingClient.of(context));
              }
              return shard.addPartitions(asked, version, waits, reply);
            })
        .otherwise(cause -> all(asked, AsyncReply.errorOf(context, cause)));
  }

  private static boolean lacksAny(ClusterImage image, AddPartitionsToTxnTransaction asked) {
    for (AddPartitionsToTxnTopic topic : asked.topics()) {
      for (int partition : topic.partitions()) {
        if (isUnknown(image, topic.name(), partition)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isUnknown(ClusterImage image, String topic, int partition) {
    TopicImage known = image.topic(topic);
    return known == null || known.partition(partition) == null;
  }

  /** If one partition does not exist, none is added. */
  private static AddPartitionsToTxnResult someUnknown(
      ClusterImage image, AddPartitionsToTxnTransaction asked) {
    return result(
        asked,
        (topic, partition) ->
            isUnknown(image, topic, partition)
                ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                : Errors.OPERATION_NOT_ATTEMPTED);
  }

  private static AddPartitionsToTxnResult all(AddPartitionsToTxnTransaction asked, Errors error) {
    return result(asked, (topic, partition) -> error);
  }

  private interface Outcome {
    Errors of(String topic, int partition);
  }

  private static AddPartitionsToTxnResult result(
      AddPartitionsToTxnTransaction asked, Outcome outcome) {
    AddPartitionsToTxnResult result =
        new AddPartitionsToTxnResult().setTransactionalId(asked.transactionalId());
    for (AddPartitionsToTxnTopic topic : asked.topics()) {
      AddPartitionsToTxnTopicResult ofTopic =
          new AddPartitionsToTxnTopicResult().setName(topic.name());
      for (int partition : topic.partitions()) {
        ofTopic
            .resultsByPartition()
            .add(
                new AddPartitionsToTxnPartitionResult()
                    .setPartitionIndex(partition)
                    .setPartitionErrorCode(outcome.of(topic.name(), partition).code()));
      }
      result.topicResults().add(ofTopic);
    }
    return result;
  }
}
