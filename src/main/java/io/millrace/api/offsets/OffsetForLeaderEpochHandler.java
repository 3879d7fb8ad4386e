package io.millrace.api.offsets;

import io.millrace.api.AsyncReply;
import io.millrace.api.LocalPartitions;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.partition.Answer;
import io.millrace.partition.Partition;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * OffsetForLeaderEpoch (KIP-320): where a leader epoch ends, so that a consumer sees whether what
 * it read was cut off.
 *
 * <p>Owner: any thread.
 */
public final class OffsetForLeaderEpochHandler implements RequestHandler {
  private final LocalPartitions partitions;

  public OffsetForLeaderEpochHandler(LocalPartitions partitions) {
    this.partitions = partitions;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.OFFSET_FOR_LEADER_EPOCH;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    OffsetForLeaderEpochRequestData request = (OffsetForLeaderEpochRequestData) message;
    OffsetForLeaderEpochResponseData response = new OffsetForLeaderEpochResponseData();
    List<Future<?>> pending = new ArrayList<>();
    for (OffsetForLeaderTopic topic : request.topics()) {
      OffsetForLeaderTopicResult result = new OffsetForLeaderTopicResult().setTopic(topic.topic());
      response.topics().add(result);
      for (OffsetForLeaderPartition partition : topic.partitions()) {
        EpochEndOffset answer = new EpochEndOffset().setPartition(partition.partition());
        result.partitions().add(answer);
        Future<?> found = find(context, topic.topic(), partition, answer);
        if (!found.isComplete()) {
          pending.add(found);
        }
      }
    }
    AsyncReply.send(context, Future.all(pending).map(response), error -> failed(request, error));
  }

  /** Fills in {@code answer}; complete when that is done. */
  private Future<?> find(
      RequestContext context, String topic, OffsetForLeaderPartition asked, EpochEndOffset answer) {
    Answer<Partition> found = partitions.find(context.image(), topic, asked.partition());
    if (found.error() != Errors.NONE) {
      answer.setErrorCode(found.error().code());
      return Future.succeededFuture();
    }
    return found
        .value()
        .endOfEpoch(asked.leaderEpoch(), asked.currentLeaderEpoch())
        .map(
            end -> {
              if (end.error() != Errors.NONE) {
                answer.setErrorCode(end.error().code());
              } else {
                answer
                    .setLeaderEpoch(end.value().leaderEpoch())
                    .setEndOffset(end.value().endOffset());
              }
              return end;
            });
  }

  private static OffsetForLeaderEpochResponseData failed(
      OffsetForLeaderEpochRequestData request, Errors error) {
    OffsetForLeaderEpochResponseData response = new OffsetForLeaderEpochResponseData();
    for (OffsetForLeaderTopic topic : request.topics()) {
      OffsetForLeaderTopicResult result = new OffsetForLeaderTopicResult().setTopic(topic.topic());
      for (OffsetForLeaderPartition partition : topic.partitions()) {
        result
            .partitions()
            .add(
                new EpochEndOffset()
                    .setPartition(partition.partition())
                    .setErrorCode(error.code()));
      }
      response.topics().add(result);
    }
    return response;
  }
}
