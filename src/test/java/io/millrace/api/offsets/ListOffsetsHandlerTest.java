package io.millrace.api.offsets;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakePartitions;
import io.millrace.api.LocalPartitions;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.vertx.core.Promise;
import java.util.List;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListOffsetsHandlerTest {
  private final FakePartitions partitions = new FakePartitions();
  private final FakePartitions.Fake partition = partitions.add("t", 0);
  private final TestImage image = TestImage.ofOne().topic("t", 2);
  private final ListOffsetsHandler handler =
      new ListOffsetsHandler(new LocalPartitions(partitions));

  private static ListOffsetsRequestData request(String topic, int partition, long timestamp) {
    return new ListOffsetsRequestData()
        .setReplicaId(-1)
        .setTopics(
            List.of(
                new ListOffsetsTopic()
                    .setName(topic)
                    .setPartitions(
                        List.of(
                            new ListOffsetsPartition()
                                .setPartitionIndex(partition)
                                .setTimestamp(timestamp)))));
  }

  private ListOffsetsPartitionResponse ask(int version, ListOffsetsRequestData request) {
    ListOffsetsResponseData response = TestRequest.ask(handler, image, version, request);
    return response.topics().get(0).partitions().get(0);
  }

  @ParameterizedTest
  @CsvSource({"1,-1,45,-1", "1,-2,10,-1", "7,-3,44,9000", "8,-4,10,-1", "1,5000,20,5000"})
  void shouldFindAnOffset(int version, long timestamp, long offset, long itsTimestamp) {
    ListOffsetsPartitionResponse response = ask(version, request("t", 0, timestamp));
    assertThat(response.errorCode()).isZero();
    assertThat(response.offset()).isEqualTo(offset);
    assertThat(response.timestamp()).isEqualTo(itsTimestamp);
    assertThat(response.leaderEpoch()).isEqualTo(version >= 4 ? 3 : -1);
  }

  @ParameterizedTest
  @CsvSource({"6,-3", "7,-4", "8,-5", "10,-6", "11,-7", "11,-100"})
  void shouldRefuseASpecialTimestampThatTheVersionDoesNotHave(int version, long timestamp) {
    assertThat(ask(version, request("t", 0, timestamp)).errorCode())
        .isEqualTo(Errors.UNSUPPORTED_VERSION.code());
    assertThat(partition.asked).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"9,-5", "11,-6"})
  void shouldFindNothingInRemoteStorage(int version, long timestamp) {
    ListOffsetsPartitionResponse response = ask(version, request("t", 0, timestamp));
    assertThat(response.errorCode()).isZero();
    assertThat(response.offset()).isEqualTo(-1);
    assertThat(response.leaderEpoch()).isEqualTo(-1);
  }

  @Test
  void shouldCheckTheLeaderEvenWhenNothingCanBeFound() {
    partition.error = Errors.NOT_LEADER_OR_FOLLOWER;
    assertThat(ask(9, request("t", 0, -5)).errorCode())
        .isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
  }

  @Test
  void shouldPassOnIsolationAndLeaderEpoch() {
    ListOffsetsRequestData request = request("t", 0, -1).setIsolationLevel((byte) 1);
    request.topics().get(0).partitions().get(0).setCurrentLeaderEpoch(3);
    assertThat(ask(4, request).offset()).isEqualTo(40);
    assertThat(partition.asked).containsExactly("list -1 true 3");
  }

  @Test
  void shouldRefuseAnUnknownIsolationLevel() {
    assertThat(ask(4, request("t", 0, -1).setIsolationLevel((byte) 5)).errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
  }

  @Test
  void shouldNotKnowAPartitionThatTheClusterDoesNotHave() {
    assertThat(ask(5, request("t", 2, -1)).errorCode())
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    assertThat(ask(5, request("no", 0, -1)).errorCode())
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
  }

  @Test
  void shouldSendClientsToTheMetadataWhenTheReplicaIsNotOpenHere() {
    assertThat(ask(5, request("t", 1, -1)).errorCode())
        .isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
  }

  @ParameterizedTest
  @CsvSource({"4,LEADER_NOT_AVAILABLE", "5,OFFSET_NOT_AVAILABLE"})
  void shouldTellOfAnOffsetThatIsNotYetKnown(int version, Errors told) {
    partition.error = Errors.OFFSET_NOT_AVAILABLE;
    ListOffsetsPartitionResponse response = ask(version, request("t", 0, -1));
    assertThat(response.errorCode()).isEqualTo(told.code());
    assertThat(response.offset()).isEqualTo(-1);
  }

  @Test
  void shouldRefuseAPartitionThatIsAskedForTwice() {
    ListOffsetsRequestData request = request("t", 0, -1);
    request
        .topics()
        .get(0)
        .setPartitions(
            List.of(
                new ListOffsetsPartition().setPartitionIndex(0).setTimestamp(-1),
                new ListOffsetsPartition().setPartitionIndex(0).setTimestamp(-2)));
    ListOffsetsResponseData response = TestRequest.ask(handler, image, 11, request);
    assertThat(response.topics().get(0).partitions()).hasSize(1);
    assertThat(response.topics().get(0).partitions().get(0).errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
    assertThat(partition.asked).isEmpty();
  }

  @Test
  void shouldReplyWhenTheLastPartitionHasAnswered() {
    Promise<Void> slow = Promise.promise();
    partition.delay = slow.future();
    TestRequest asked =
        new TestRequest(image, ApiKeys.LIST_OFFSETS, 11).begin(handler, request("t", 0, -2));
    assertThat(asked.isAnswered()).isFalse();
    slow.complete();
    ListOffsetsResponseData response = asked.await();
    assertThat(response.topics().get(0).partitions().get(0).offset()).isEqualTo(10);
  }
}
