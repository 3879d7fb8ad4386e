package io.millrace.it;

import java.net.InetSocketAddress;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * A producer of which a coordinator need not have heard.
 *
 * <p>Owner: immutable.
 */
record Ghost(String transactionalId, long producerId, short epoch) {
  /** Produce from version 12 on adds the partition to the transaction. */
  static final int ADDS = 12;

  static final int VERIFIES = 9;

  /** Sends one record in a transaction to partition 0, whose leader is there. */
  Errors send(InetSocketAddress leader, int version, String topic) {
    MemoryRecords records =
        MemoryRecords.withTransactionalRecords(
            Compression.NONE, producerId, epoch, 0, new SimpleRecord(JavaClientIT.bytes("x")));
    ProduceRequestData request =
        new ProduceRequestData()
            .setTransactionalId(transactionalId)
            .setAcks((short) -1)
            .setTimeoutMs(30_000);
    request
        .topicData()
        .add(
            new TopicProduceData()
                .setName(topic)
                .setPartitionData(
                    List.of(new PartitionProduceData().setIndex(0).setRecords(records))));
    try (WireClient wire = WireClient.connect(leader)) {
      ProduceResponseData answer =
          (ProduceResponseData) wire.call(ApiKeys.PRODUCE, version, request);
      return Errors.forCode(
          answer.responses().iterator().next().partitionResponses().get(0).errorCode());
    }
  }
}
