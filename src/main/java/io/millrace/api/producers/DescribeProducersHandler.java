package io.millrace.api.producers;

import io.millrace.api.AsyncReply;
import io.millrace.api.LocalPartitions;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.controller.state.TopicNames;
import io.millrace.log.ActiveProducer;
import io.millrace.model.TopicPartition;
import io.millrace.partition.Answer;
import io.millrace.partition.Partition;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.message.DescribeProducersResponseData.TopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeProducers (KIP-664): the idempotent producers that partitions remember.
 *
 * <p>Owner: any thread.
 */
public final class DescribeProducersHandler implements RequestHandler {
  private final LocalPartitions partitions;

  public DescribeProducersHandler(LocalPartitions partitions) {
    this.partitions = partitions;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_PRODUCERS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    DescribeProducersRequestData request = (DescribeProducersRequestData) message;
    DescribeProducersResponseData response = new DescribeProducersResponseData();
    List<Future<?>> pending = new ArrayList<>();
    // A short request that names one partition many times must not make a long response.
    Set<TopicPartition> told = new HashSet<>();
    for (TopicRequest topic : request.topics()) {
      TopicResponse topicResponse = new TopicResponse().setName(topic.name());
      response.topics().add(topicResponse);
      for (int index : topic.partitionIndexes()) {
        if (!told.add(new TopicPartition(topic.name(), index))) {
          continue;
        }
        PartitionResponse answer = new PartitionResponse().setPartitionIndex(index);
        topicResponse.partitions().add(answer);
        Future<?> described = describe(context, topic.name(), index, answer);
        if (!described.isComplete()) {
          pending.add(described);
        }
      }
    }
    AsyncReply.send(context, Future.all(pending).map(response), error -> failed(request, error));
  }

  /** Fills in {@code answer}; complete when that is done. */
  private Future<?> describe(
      RequestContext context, String topic, int index, PartitionResponse answer) {
    String badName = TopicNames.invalidBecause(topic);
    if (badName != null) {
      answer.setErrorCode(Errors.INVALID_TOPIC_EXCEPTION.code()).setErrorMessage(badName);
      return Future.succeededFuture();
    }
    Answer<Partition> found = partitions.find(context.image(), topic, index);
    if (found.error() != Errors.NONE) {
      refuse(answer, found.error(), found.message());
      return Future.succeededFuture();
    }
    return found
        .value()
        .activeProducers()
        .map(
            producers -> {
              if (producers.error() != Errors.NONE) {
                refuse(answer, producers.error(), producers.message());
              } else {
                producers.value().forEach(producer -> add(answer, producer));
              }
              return producers;
            });
  }

  private static void refuse(PartitionResponse answer, Errors error, String message) {
    answer.setErrorCode(error.code()).setErrorMessage(message == null ? error.message() : message);
  }

  private static void add(PartitionResponse answer, ActiveProducer producer) {
    answer
        .activeProducers()
        .add(
            new ProducerState()
                .setProducerId(producer.producerId())
                .setProducerEpoch(producer.producerEpoch())
                .setLastSequence(producer.lastSequence())
                .setLastTimestamp(producer.lastTimestampMs())
                .setCoordinatorEpoch(producer.coordinatorEpoch())
                .setCurrentTxnStartOffset(producer.currentTransactionStartOffset()));
  }

  private static DescribeProducersResponseData failed(
      DescribeProducersRequestData request, Errors error) {
    DescribeProducersResponseData response = new DescribeProducersResponseData();
    for (TopicRequest topic : request.topics()) {
      TopicResponse topicResponse = new TopicResponse().setName(topic.name());
      for (int index : topic.partitionIndexes()) {
        PartitionResponse answer = new PartitionResponse().setPartitionIndex(index);
        refuse(answer, error, null);
        topicResponse.partitions().add(answer);
      }
      response.topics().add(topicResponse);
    }
    return response;
  }
}
