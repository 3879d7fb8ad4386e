package io.millrace.api;

import io.millrace.protocol.WireIds;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarkerTopic;

/**
 * A request of each key that coordinators of groups and transactions answer, like those of {@link
 * SampleRequests}.
 */
final class SampleCoordinatorRequests {
  private SampleCoordinatorRequests() {}

  static FindCoordinatorRequestData findCoordinator(short version) {
    FindCoordinatorRequestData request = new FindCoordinatorRequestData();
    return version >= 4
        ? request.setCoordinatorKeys(List.of("g", "h")).setKeyType((byte) (version >= 6 ? 2 : 0))
        : request.setKey("g").setKeyType((byte) (version == 2 ? 1 : 0));
  }

  static ConsumerGroupHeartbeatRequestData consumerGroupHeartbeat(short version) {
    return new ConsumerGroupHeartbeatRequestData()
        .setGroupId("of consumers")
        .setMemberId("m" + version)
        .setMemberEpoch(0)
        .setRackId("rack")
        .setRebalanceTimeoutMs(30_000)
        .setSubscribedTopicNames(List.of(SampleRequests.TOPIC))
        .setSubscribedTopicRegex(version >= 1 ? "o.*" : null)
        .setTopicPartitions(List.of());
  }

  static OffsetCommitRequestData offsetCommit(short version) {
    OffsetCommitRequestData request = new OffsetCommitRequestData().setGroupId("g");
    for (String name : List.of(SampleRequests.TOPIC, "no")) {
      OffsetCommitRequestData.OffsetCommitRequestTopic topic =
          new OffsetCommitRequestData.OffsetCommitRequestTopic();
      if (version >= 10) {
        topic.setTopicId(WireIds.uuid(TestImage.idOf(name)));
      } else {
        topic.setName(name);
      }
      for (int partition : List.of(0, 1, 99)) {
        topic
            .partitions()
            .add(
                new OffsetCommitRequestData.OffsetCommitRequestPartition()
                    .setPartitionIndex(partition)
                    .setCommittedOffset(5)
                    .setCommittedLeaderEpoch(version >= 6 ? 3 : -1)
                    .setCommittedMetadata(partition == 0 ? "m" : "too long"));
      }
      request.topics().add(topic);
    }
    return request;
  }

  static TxnOffsetCommitRequestData txnOffsetCommit(short version) {
    TxnOffsetCommitRequestData request =
        new TxnOffsetCommitRequestData()
            .setTransactionalId("id")
            .setGroupId("g")
            .setProducerId(7)
            .setProducerEpoch((short) 3);
    for (String name : List.of(SampleRequests.TOPIC, "no")) {
      TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic topic =
          new TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic().setName(name);
      for (int partition : List.of(0, 1, 99)) {
        topic
            .partitions()
            .add(
                new TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition()
                    .setPartitionIndex(partition)
                    .setCommittedOffset(5)
                    .setCommittedLeaderEpoch(version >= 2 ? 3 : -1)
                    .setCommittedMetadata(partition == 0 ? "m" : "too long"));
      }
      request.topics().add(topic);
    }
    return request;
  }

  static AddPartitionsToTxnRequestData addPartitionsToTxn(short version) {
    AddPartitionsToTxnTopicCollection topics = new AddPartitionsToTxnTopicCollection();
    topics.add(
        new AddPartitionsToTxnTopic().setName(SampleRequests.TOPIC).setPartitions(List.of(0, 1)));
    AddPartitionsToTxnRequestData request = new AddPartitionsToTxnRequestData();
    if (version < 4) {
      return request
          .setV3AndBelowTransactionalId("id")
          .setV3AndBelowProducerId(7)
          .setV3AndBelowProducerEpoch((short) 3)
          .setV3AndBelowTopics(topics);
    }
    request
        .transactions()
        .add(
            new AddPartitionsToTxnTransaction()
                .setTransactionalId("id")
                .setProducerId(7)
                .setProducerEpoch((short) 3)
                .setTopics(topics));
    return request;
  }

  static AddOffsetsToTxnRequestData addOffsetsToTxn() {
    return new AddOffsetsToTxnRequestData()
        .setTransactionalId("id")
        .setProducerId(7)
        .setProducerEpoch((short) 3)
        .setGroupId("g");
  }

  static EndTxnRequestData endTxn() {
    return new EndTxnRequestData()
        .setTransactionalId("id")
        .setProducerId(7)
        .setProducerEpoch((short) 3)
        .setCommitted(true);
  }

  static WriteTxnMarkersRequestData writeTxnMarkers(short version) {
    WritableTxnMarker marker =
        new WritableTxnMarker()
            .setProducerId(7)
            .setProducerEpoch((short) 3)
            .setCoordinatorEpoch(5)
            .setTransactionResult(true);
    if (version >= 2) {
      marker.setTransactionVersion((byte) 2);
    }
    for (String topic : List.of(SampleRequests.TOPIC, "no")) {
      marker
          .topics()
          .add(new WritableTxnMarkerTopic().setName(topic).setPartitionIndexes(List.of(0, 1)));
    }
    return new WriteTxnMarkersRequestData().setMarkers(List.of(marker));
  }

  static DescribeTransactionsRequestData describeTransactions() {
    return new DescribeTransactionsRequestData().setTransactionalIds(List.of("id", "no"));
  }

  static ListTransactionsRequestData listTransactions(short version) {
    ListTransactionsRequestData request =
        new ListTransactionsRequestData().setStateFilters(List.of("Ongoing", "Nonsense"));
    if (version >= 1) {
      request.setDurationFilter(1_000);
    }
    return version >= 2 ? request.setTransactionalIdPattern("i.*") : request;
  }

  static OffsetFetchRequestData offsetFetch(short version) {
    OffsetFetchRequestData request = new OffsetFetchRequestData().setRequireStable(version >= 7);
    if (version < 8) {
      return request
          .setGroupId("g")
          .setTopics(
              List.of(
                  new OffsetFetchRequestData.OffsetFetchRequestTopic()
                      .setName(SampleRequests.TOPIC)
                      .setPartitionIndexes(List.of(0, 1))));
    }
    for (String group : List.of("g", "h")) {
      List<OffsetFetchRequestData.OffsetFetchRequestTopics> topics = new ArrayList<>();
      for (String name : List.of(SampleRequests.TOPIC, "no")) {
        OffsetFetchRequestData.OffsetFetchRequestTopics topic =
            new OffsetFetchRequestData.OffsetFetchRequestTopics().setPartitionIndexes(List.of(0));
        topics.add(
            version >= 10
                ? topic.setTopicId(WireIds.uuid(TestImage.idOf(name)))
                : topic.setName(name));
      }
      request
          .groups()
          .add(
              new OffsetFetchRequestData.OffsetFetchRequestGroup()
                  .setGroupId(group)
                  .setTopics(topics));
    }
    request
        .groups()
        .add(new OffsetFetchRequestData.OffsetFetchRequestGroup().setGroupId("g").setTopics(null));
    return request;
  }

  static OffsetDeleteRequestData offsetDelete() {
    OffsetDeleteRequestData request = new OffsetDeleteRequestData().setGroupId("g");
    for (String name : List.of(SampleRequests.TOPIC, "no")) {
      request
          .topics()
          .add(
              new OffsetDeleteRequestData.OffsetDeleteRequestTopic()
                  .setName(name)
                  .setPartitions(
                      List.of(
                          new OffsetDeleteRequestData.OffsetDeleteRequestPartition()
                              .setPartitionIndex(0))));
    }
    return request;
  }
}
