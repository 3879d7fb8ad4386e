package io.millrace.api.produce;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakePartitions;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.api.fetch.TestFetch;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.Clock;
import io.millrace.partition.FakeReplica;
import io.millrace.partition.FetchAnswer;
import io.millrace.protocol.WireIds;
import java.util.List;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Partition 0 of {@code t} is led by node 2, and node 1 is asked (KIP-951). */
class OtherLeaderTest {
  private final TestImage image =
      TestImage.ofOne()
          .broker(2, "b2", 9092)
          .topic("t", new PartitionImage(0, List.of(2), List.of(2), List.of(), 2, 8, 9));
  private final FakePartitions partitions = new FakePartitions();

  // What it is by the time of the answer.
  private TestImage newest = image;

  /** Node 1 has a replica, whose leader is another one when the request gets there. */
  private void moveLeaderWhileItWaits() {
    image.topic("t", new PartitionImage(0, List.of(1, 2), List.of(1, 2), List.of(), 1, 7, 8));
    newest =
        TestImage.ofOne()
            .broker(2, "b2", 9092)
            .topic("t", new PartitionImage(0, List.of(1, 2), List.of(2), List.of(), 2, 8, 9));
    partitions.add("t", 0).replica =
        new FakeReplica(
            Errors.NOT_LEADER_OR_FOLLOWER, FetchAnswer.refused(Errors.NOT_LEADER_OR_FOLLOWER));
  }

  private ProduceResponseData produce(int version) {
    ProduceRequestData.TopicProduceData topic =
        new ProduceRequestData.TopicProduceData()
            .setPartitionData(
                List.of(
                    new ProduceRequestData.PartitionProduceData()
                        .setIndex(0)
                        .setRecords(MemoryRecords.EMPTY)));
    if (version >= 13) {
      topic.setTopicId(WireIds.uuid(TestImage.idOf("t")));
    } else {
      topic.setName("t");
    }
    ProduceRequestData request = new ProduceRequestData().setAcks((short) 1).setTimeoutMs(1000);
    request.topicData().add(topic);
    return new TestRequest(image, ApiKeys.PRODUCE, version)
        .newest(newest)
        .send(new ProduceHandler(partitions, Clock.SYSTEM), request);
  }

  private FetchResponseData fetch(int version) {
    return TestFetch.send(partitions, image, newest, version, "");
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 13})
  void shouldNameItToProducers(int version) {
    ProduceResponseData response = produce(version);

    var partition = response.responses().iterator().next().partitionResponses().get(0);
    assertThat(partition.errorCode()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
    assertThat(partition.currentLeader().leaderId()).isEqualTo(2);
    assertThat(partition.currentLeader().leaderEpoch()).isEqualTo(8);
    assertThat(response.nodeEndpoints().find(2).host()).isEqualTo("b2");
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 13})
  void shouldNameTheNewestToProducersThatWaited(int version) {
    moveLeaderWhileItWaits();

    ProduceResponseData response = produce(version);

    var partition = response.responses().iterator().next().partitionResponses().get(0);
    assertThat(partition.currentLeader().leaderId()).isEqualTo(2);
    assertThat(partition.currentLeader().leaderEpoch()).isEqualTo(8);
    assertThat(response.nodeEndpoints().find(2).host()).isEqualTo("b2");
  }

  @ParameterizedTest
  @ValueSource(ints = {12, 16, 18})
  void shouldNameTheNewestToConsumersThatWaited(int version) {
    moveLeaderWhileItWaits();

    FetchResponseData response = fetch(version);

    var partition = response.responses().get(0).partitions().get(0);
    assertThat(partition.currentLeader().leaderId()).isEqualTo(2);
    assertThat(partition.currentLeader().leaderEpoch()).isEqualTo(8);
    assertThat(response.nodeEndpoints().find(2) != null).isEqualTo(version >= 16);
  }

  @Test
  void shouldOnlyRefuseOldProducers() {
    ProduceResponseData response = produce(9);

    assertThat(response.responses().iterator().next().partitionResponses().get(0).errorCode())
        .isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
    assertThat(response.nodeEndpoints()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {12, 15, 16, 18})
  void shouldNameItToConsumers(int version) {
    FetchResponseData response = fetch(version);

    var partition = response.responses().get(0).partitions().get(0);
    assertThat(partition.errorCode()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
    assertThat(partition.currentLeader().leaderId()).isEqualTo(2);
    assertThat(partition.currentLeader().leaderEpoch()).isEqualTo(8);
    assertThat(response.nodeEndpoints().find(2) != null).isEqualTo(version >= 16);
  }

  @Test
  void shouldOnlyRefuseOldConsumers() {
    assertThat(fetch(11).responses().get(0).partitions().get(0).errorCode())
        .isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
  }
}
