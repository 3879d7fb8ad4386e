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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    for (Map.Entry<String, Map<Integer, Long>> topic : wanted(request).entrySet()) {
      DeleteRecordsTopicResult result = new DeleteRecordsTopicResult().setName(topic.getKey());
      response.topics().add(result);
      Errors refusal = check(context, topic.getKey());
      for (Map.Entry<Integer, Long> offset : topic.getValue().entrySet()) {
        DeleteRecordsPartitionResult answer =
            new DeleteRecordsPartitionResult()
                .setPartitionIndex(offset.getKey())
                .setLowWatermark(UNKNOWN_LOW_WATERMARK)
                .setErrorCode(refusal.code());
        result.partitions().add(answer);
        if (refusal == Errors.NONE) {
          Future<Answer<Long>> deletion =
              delete(context, topic.getKey(), offset.getKey(), offset.getValue());
          pending.add(fill(context, answer, AsyncReply.within(request.timeoutMs(), deletion)));
        }
      }
    }
    AsyncReply.send(context, Future.all(pending).map(response), error -> failed(request, error));
  }

  /** Offsets by topic and partition; of one that comes twice the last, as in Kafka. */
  private static Map<String, Map<Integer, Long>> wanted(DeleteRecordsRequestData request) {
    Map<String, Map<Integer, Long>> wanted = new LinkedHashMap<>();
    for (DeleteRecordsTopic topic : request.topics()) {
      Map<Integer, Long> offsets =
          wanted.computeIfAbsent(topic.name(), name -> new LinkedHashMap<>());
      topic.partitions().forEach(one -> offsets.put(one.partitionIndex(), one.offset()));
    }
    return wanted;
  }

  /** What holds for all partitions of the topic. */
  private static Errors check(RequestContext context, String topic) {
    if (context.image().topic(topic) == null) {
      return Errors.UNKNOWN_TOPIC_OR_PARTITION;
    }
    return InternalTopics.isInternal(topic) ? Errors.INVALID_TOPIC_EXCEPTION : Errors.NONE;
  }

  private Future<Answer<Long>> delete(
      RequestContext context, String topic, int partition, long beforeOffset) {
    Answer<Partition> found = partitions.find(context.image(), topic, partition);
    return found.error() == Errors.NONE
        ? found.value().deleteRecords(beforeOffset)
        : Future.succeededFuture(Answer.refused(found.error(), null));
  }

  /** Fills in {@code answer}; complete when that is done. Does not fail. */
  private static Future<?> fill(
      RequestContext context, DeleteRecordsPartitionResult answer, Future<Answer<Long>> deletion) {
    return deletion
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
