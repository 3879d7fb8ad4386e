package io.millrace.api.offsets;

import io.millrace.api.AsyncReply;
import io.millrace.api.LocalPartitions;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.model.TopicPartition;
import io.millrace.partition.Answer;
import io.millrace.partition.Partition;
import io.millrace.partition.Partition.ListedOffset;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * ListOffsets: offsets by timestamp and by the special timestamps. Readers of committed data may
 * ask for the last stable offset. There is no remote storage here, so the special timestamps of
 * KIP-1005 and KIP-1023 find nothing, as on a Kafka topic without it.
 *
 * <p>Owner: any thread.
 */
public final class ListOffsetsHandler implements RequestHandler {
  private static final long EARLIEST = -2;
  private static final long MAX_TIMESTAMP = -3;
  private static final long EARLIEST_LOCAL = -4;
  private static final long LATEST_TIERED = -5;
  private static final long EARLIEST_PENDING_UPLOAD = -6;

  private static final byte READ_COMMITTED = 1;
  private static final short FIRST_VERSION_WITH_LEADER_EPOCH = 4;
  private static final short FIRST_VERSION_WITH_OFFSET_NOT_AVAILABLE = 5;

  private final LocalPartitions partitions;

  public ListOffsetsHandler(LocalPartitions partitions) {
    this.partitions = partitions;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.LIST_OFFSETS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    ListOffsetsRequestData request = (ListOffsetsRequestData) message;
    Set<TopicPartition> repeated = repeated(request);
    Set<TopicPartition> told = new HashSet<>();
    ListOffsetsResponseData response = new ListOffsetsResponseData();
    List<Future<?>> pending = new ArrayList<>();
    for (ListOffsetsTopic topic : request.topics()) {
      ListOffsetsTopicResponse topicResponse = new ListOffsetsTopicResponse().setName(topic.name());
      response.topics().add(topicResponse);
      for (ListOffsetsPartition partition : topic.partitions()) {
        TopicPartition id = new TopicPartition(topic.name(), partition.partitionIndex());
        ListOffsetsPartitionResponse answer =
            new ListOffsetsPartitionResponse().setPartitionIndex(partition.partitionIndex());
        if (repeated.contains(id)) {
          if (told.add(id)) {
            topicResponse.partitions().add(answer.setErrorCode(Errors.INVALID_REQUEST.code()));
          }
          continue;
        }
        topicResponse.partitions().add(answer);
        Future<?> listed = list(context, request.isolationLevel(), topic.name(), partition, answer);
        if (!listed.isComplete()) {
          pending.add(listed);
        }
      }
    }
    AsyncReply.send(context, Future.all(pending).map(response), error -> failed(request, error));
  }

  /** Partitions that the request has more than once: none of their entries is served. */
  private static Set<TopicPartition> repeated(ListOffsetsRequestData request) {
    Set<TopicPartition> seen = new HashSet<>();
    Set<TopicPartition> repeated = new LinkedHashSet<>();
    for (ListOffsetsTopic topic : request.topics()) {
      for (ListOffsetsPartition partition : topic.partitions()) {
        TopicPartition id = new TopicPartition(topic.name(), partition.partitionIndex());
        if (!seen.add(id)) {
          repeated.add(id);
        }
      }
    }
    return repeated;
  }

  /** Fills in {@code answer}; complete when that is done. */
  private Future<?> list(
      RequestContext context,
      byte isolationLevel,
      String topic,
      ListOffsetsPartition asked,
      ListOffsetsPartitionResponse answer) {
    if (isolationLevel < 0 || isolationLevel > READ_COMMITTED) {
      answer.setErrorCode(Errors.INVALID_REQUEST.code());
      return Future.succeededFuture();
    }
    if (context.version() < firstVersionOf(asked.timestamp())) {
      answer.setErrorCode(Errors.UNSUPPORTED_VERSION.code());
      return Future.succeededFuture();
    }
    Answer<Partition> found = partitions.find(context.image(), topic, asked.partitionIndex());
    if (found.error() != Errors.NONE) {
      answer.setErrorCode(found.error().code());
      return Future.succeededFuture();
    }
    boolean tiered =
        asked.timestamp() == LATEST_TIERED || asked.timestamp() == EARLIEST_PENDING_UPLOAD;
    return found
        .value()
        // Nothing is tiered, but leader and epoch are checked as for any other offset.
        .listOffset(
            tiered ? EARLIEST : asked.timestamp(),
            isolationLevel == READ_COMMITTED,
            asked.currentLeaderEpoch())
        .map(
            listed -> {
              if (listed.error() != Errors.NONE) {
                answer.setErrorCode(told(listed.error(), context.version()).code());
              } else if (!tiered) {
                fill(answer, listed.value(), context.version());
              }
              return listed;
            });
  }

  /** The version from which on a client may use this timestamp. */
  private static int firstVersionOf(long timestamp) {
    if (timestamp >= EARLIEST) {
      return 0;
    }
    if (timestamp == MAX_TIMESTAMP) {
      return 7;
    }
    if (timestamp == EARLIEST_LOCAL) {
      return 8;
    }
    if (timestamp == LATEST_TIERED) {
      return 9;
    }
    return timestamp == EARLIEST_PENDING_UPLOAD ? 11 : Integer.MAX_VALUE;
  }

  private static Errors told(Errors error, short version) {
    return error == Errors.OFFSET_NOT_AVAILABLE && version < FIRST_VERSION_WITH_OFFSET_NOT_AVAILABLE
        ? Errors.LEADER_NOT_AVAILABLE
        : error;
  }

  private static void fill(
      ListOffsetsPartitionResponse answer, ListedOffset listed, short version) {
    answer.setOffset(listed.offset()).setTimestamp(listed.timestamp());
    if (version >= FIRST_VERSION_WITH_LEADER_EPOCH) {
      answer.setLeaderEpoch(listed.leaderEpoch());
    }
  }

  private static ListOffsetsResponseData failed(ListOffsetsRequestData request, Errors error) {
    ListOffsetsResponseData response = new ListOffsetsResponseData();
    for (ListOffsetsTopic topic : request.topics()) {
      ListOffsetsTopicResponse topicResponse = new ListOffsetsTopicResponse().setName(topic.name());
      for (ListOffsetsPartition partition : topic.partitions()) {
        topicResponse
            .partitions()
            .add(
                new ListOffsetsPartitionResponse()
                    .setPartitionIndex(partition.partitionIndex())
                    .setErrorCode(error.code()));
      }
      response.topics().add(topicResponse);
    }
    return response;
  }
}
