package io.millrace.protocol.replica;

import io.millrace.model.TopicId;
import io.millrace.protocol.MalformedResponseException;
import io.millrace.protocol.WireIds;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * What a leader answers to a {@link ReplicaFetchRequest}.
 *
 * @param error of the whole request
 * @param sessionId 0 = there is no session
 * @param partitions those with something new
 *     <p>Owner: immutable.
 */
public record ReplicaFetchAnswer(Errors error, int sessionId, List<Partition> partitions) {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /**
   * What there is of one partition.
   *
   * @param divergingEpoch -1 = the logs do not diverge
   * @param records whole batches, a slice of the frame; empty = none
   */
  public record Partition(
      TopicId topic,
      int partition,
      Errors error,
      long highWatermark,
      long logStartOffset,
      int divergingEpoch,
      long divergingEndOffset,
      ByteBuffer records) {}

  public ReplicaFetchAnswer {
    partitions = List.copyOf(partitions);
  }

  /**
   * Reads an answer.
   *
   * @throws MalformedResponseException if it is none
   */
  public static ReplicaFetchAnswer of(ApiMessage message) {
    FetchResponseData answer = (FetchResponseData) message;
    List<Partition> partitions = new ArrayList<>();
    for (FetchableTopicResponse topic : answer.responses()) {
      TopicId topicId = WireIds.topicId(topic.topicId());
      for (PartitionData data : topic.partitions()) {
        partitions.add(
            new Partition(
                topicId,
                data.partitionIndex(),
                Errors.forCode(data.errorCode()),
                data.highWatermark(),
                data.logStartOffset(),
                data.divergingEpoch().epoch(),
                data.divergingEpoch().endOffset(),
                records(data)));
      }
    }
    return new ReplicaFetchAnswer(
        Errors.forCode(answer.errorCode()), answer.sessionId(), partitions);
  }

  private static ByteBuffer records(PartitionData data) {
    if (data.records() == null) {
      return NOTHING;
    }
    if (data.records() instanceof MemoryRecords inMemory) {
      return inMemory.buffer();
    }
    throw new MalformedResponseException("records of the type " + data.records().getClass());
  }
}
