package io.millrace.api.topics;

import io.millrace.api.AsyncReply;
import io.millrace.api.InternalTopics;
import io.millrace.api.LocalPartitions;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.partition.Answer;
import io.millrace.partition.Partition;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * DeleteRecords (KIP-107): moves the start of partitions up to an offset, -1 = the high watermark.
 * Answers when the new start is durable. Internal topics refuse it (INVALID_TOPIC_EXCEPTION): what
 * coordinators have written is theirs to remove.
 *
 * <p>Owner: any thread.
 */
public final class DeleteRecordsHandler implements RequestHandler {
  private static final long UNKNOWN_LOW_WATERMARK = -1;

  private final LocalPartitions partitions;

  public DeleteRecordsHandler(LocalPartitions partitions) {
    this.partitions = partitions;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DELETE_RECORDS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    DeleteRecordsRequestData request = (DeleteRecordsRequestData) message;
    DeleteRecordsResponseData response = new DeleteRecordsResponseData();
    List<Future<?>> pending = new ArrayList<>();
    for (DeleteRecordsTopic topic : request.topics()) {
      DeleteRecordsTopicResult result = new DeleteRecordsTopicResult().setName(topic.name());
      response.topics().add(result);
      Errors refusal = check(context, topic.name());
      for (DeleteRecordsPartition partition : topic.partitions()) {
        DeleteRecordsPartitionResult answer =
            new DeleteRecordsPartitionResult()
                .setPartitionIndex(partition.partitionIndex())
                .setLowWatermark(UNKNOWN_LOW_WATERMARK);
        result.partitions().add(answer);
        if (refusal != Errors.NONE) {
          answer.setErrorCode(refusal.code());
        } else {
          pending.add(delete(context, topic.name(), partition, request.timeoutMs(), answer));
        }
      }
    }
    AsyncReply.send(context, Future.all(pending).map(response), error -> failed(request, error));
  }

  /** What holds for all partitions of the topic. */
  private static Errors check(RequestContext context, String topic) {
    if (context.image().topic(topic) == null) {
      return Errors.UNKNOWN_TOPIC_OR_PARTITION;
    }
    return InternalTopics.isInternal(topic) ? Errors.INVALID_TOPIC_EXCEPTION : Errors.NONE;
  }

  /** Fills in {@code answer}; complete when that is done. Does not fail. */
  private Future<?> delete(
      RequestContext context,
      String topic,
      DeleteRecordsPartition asked,
      int timeoutMs,
      DeleteRecordsPartitionResult answer) {
    Answer<Partition> found = partitions.find(context.image(), topic, asked.partitionIndex());
    if (found.error() != Errors.NONE) {
      answer.setErrorCode(found.error().code());
      return Future.succeededFuture();
    }
    return AsyncReply.within(timeoutMs, found.value().deleteRecords(asked.offset()))
        .otherwise(failure -> Answer.refused(AsyncReply.errorOf(context, failure), null))
        .map(
            deleted -> {
              if (deleted.error() != Errors.NONE) {
                answer.setErrorCode(deleted.error().code());
              } else {
                answer.setLowWatermark(deleted.value());
              }
              return deleted;
            });
  }

  private static DeleteRecordsResponseData failed(DeleteRecordsRequestData request, Errors error) {
    DeleteRecordsResponseData response = new DeleteRecordsResponseData();
    for (DeleteRecordsTopic topic : request.topics()) {
      DeleteRecordsTopicResult result = new DeleteRecordsTopicResult().setName(topic.name());
      for (DeleteRecordsPartition partition : topic.partitions()) {
        result
            .partitions()
            .add(
                new DeleteRecordsPartitionResult()
                    .setPartitionIndex(partition.partitionIndex())
                    .setLowWatermark(UNKNOWN_LOW_WATERMARK)
                    .setErrorCode(error.code()));
      }
      response.topics().add(result);
    }
    return response;
  }
}
