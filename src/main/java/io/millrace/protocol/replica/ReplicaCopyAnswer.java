package io.millrace.protocol.replica;

import io.millrace.protocol.MalformedResponseException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.message.FetchSnapshotResponseData;
import org.apache.kafka.common.message.FetchSnapshotResponseData.PartitionSnapshot;
import org.apache.kafka.common.message.FetchSnapshotResponseData.TopicSnapshot;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.UnalignedMemoryRecords;

/**
 * What a replica answers to a {@link ReplicaCopyRequest}.
 *
 * @param batches whole batches from the first offset on, perhaps not all of the range; empty =
 *     there are none from there on
 *     <p>Owner: immutable.
 */
public record ReplicaCopyAnswer(Errors error, ByteBuffer batches) {
  /** As it goes over the wire. */
  public static ApiMessage message(ReplicaCopyRequest asked, Errors error, BaseRecords batches) {
    return new FetchSnapshotResponseData()
        .setTopics(
            List.of(
                new TopicSnapshot()
                    .setName(asked.topic().toString())
                    .setPartitions(
                        List.of(
                            new PartitionSnapshot()
                                .setIndex(asked.partition())
                                .setErrorCode(error.code())
                                .setPosition(asked.from())
                                .setSize(batches.sizeInBytes())
                                .setUnalignedRecords(batches)))));
  }

  /** A refusal of the whole request. */
  public static ApiMessage refusal(Errors error) {
    return new FetchSnapshotResponseData().setErrorCode(error.code());
  }

  /**
   * Reads an answer.
   *
   * @throws MalformedResponseException if it is none
   */
  public static ReplicaCopyAnswer of(ApiMessage message) {
    FetchSnapshotResponseData answer = (FetchSnapshotResponseData) message;
    Errors error = Errors.forCode(answer.errorCode());
    if (error != Errors.NONE) {
      return new ReplicaCopyAnswer(error, ByteBuffer.allocate(0));
    }
    if (answer.topics().size() != 1 || answer.topics().get(0).partitions().size() != 1) {
      throw new MalformedResponseException("not one range is answered");
    }
    PartitionSnapshot range = answer.topics().get(0).partitions().get(0);
    return new ReplicaCopyAnswer(
        Errors.forCode(range.errorCode()), buffer(range.unalignedRecords()));
  }

  private static ByteBuffer buffer(BaseRecords records) {
    if (records == null) {
      return ByteBuffer.allocate(0);
    }
    if (records instanceof MemoryRecords inMemory) {
      return inMemory.buffer();
    }
    if (records instanceof UnalignedMemoryRecords inMemory) {
      return inMemory.buffer();
    }
    throw new MalformedResponseException("records of the type " + records.getClass());
  }
}
