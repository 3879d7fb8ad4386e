package io.millrace.api.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeQuorum;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.protocol.WireIds;
import io.millrace.quorum.QuorumException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AddRaftVoterRequestData;
import org.apache.kafka.common.message.AddRaftVoterResponseData;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.PartitionData;
import org.apache.kafka.common.message.RemoveRaftVoterRequestData;
import org.apache.kafka.common.message.RemoveRaftVoterResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class QuorumHandlersTest {
  private static final Uuid DIRECTORY = WireIds.uuid(FakeQuorum.voter(3).directoryId());

  private final FakeQuorum quorum = new FakeQuorum();
  private final TestImage image = TestImage.ofOne();

  private DescribeQuorumResponseData describe(int version, String topic, Integer... partitions) {
    List<DescribeQuorumRequestData.PartitionData> asked = new ArrayList<>();
    for (int partition : partitions) {
      asked.add(new DescribeQuorumRequestData.PartitionData().setPartitionIndex(partition));
    }
    return TestRequest.ask(
        new DescribeQuorumHandler(quorum),
        image,
        version,
        new DescribeQuorumRequestData()
            .setTopics(
                List.of(
                    new DescribeQuorumRequestData.TopicData()
                        .setTopicName(topic)
                        .setPartitions(asked))));
  }

  private AddRaftVoterResponseData add(AddRaftVoterRequestData request) {
    return TestRequest.ask(new AddRaftVoterHandler(quorum), image, 1, request);
  }

  @Test
  void shouldTellTheQuorum() {
    DescribeQuorumResponseData response = describe(2, "__cluster_metadata", 0);

    PartitionData partition = response.topics().get(0).partitions().get(0);
    assertThat(partition.leaderId()).isEqualTo(1);
    assertThat(partition.leaderEpoch()).isEqualTo(5);
    assertThat(partition.highWatermark()).isEqualTo(40);
    assertThat(partition.currentVoters()).extracting("replicaId").containsExactly(1, 2);
    assertThat(partition.currentVoters().get(1).logEndOffset()).isEqualTo(41);
    assertThat(partition.currentVoters().get(1).lastFetchTimestamp()).isEqualTo(990);
    assertThat(partition.currentVoters().get(1).lastCaughtUpTimestamp()).isEqualTo(980);
    assertThat(partition.observers()).extracting("replicaId").containsExactly(3);
    assertThat(partition.observers().get(0).replicaDirectoryId()).isEqualTo(DIRECTORY);
    assertThat(response.nodes().find(2).listeners().find("INTERNAL").port()).isEqualTo(9093);
  }

  @Test
  void shouldTellOldClientsWhatTheyKnow() {
    PartitionData partition =
        describe(0, "__cluster_metadata", 0).topics().get(0).partitions().get(0);

    assertThat(partition.currentVoters().get(1).logEndOffset()).isEqualTo(41);
    assertThat(partition.currentVoters().get(1).lastFetchTimestamp()).isEqualTo(-1);
  }

  @Test
  void shouldKnowNoOtherPartition() {
    assertThat(describe(2, "__cluster_metadata", 0, 1).topics().get(0).partitions())
        .allSatisfy(
            partition ->
                assertThat(partition.errorCode())
                    .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code()));
    assertThat(describe(2, "orders", 0).topics().get(0).partitions().get(0).errorMessage())
        .isEqualTo("This server does not host this topic-partition.");
    assertThat(quorum.asked).isEmpty();
  }

  @Test
  void shouldSayThatThereIsNoLeader() {
    quorum.refusal = new QuorumException(Errors.REQUEST_TIMED_OUT, "nobody");

    DescribeQuorumResponseData response = describe(2, "__cluster_metadata", 0);

    assertThat(response.errorCode()).isEqualTo(Errors.REQUEST_TIMED_OUT.code());
    assertThat(response.errorMessage()).isEqualTo("nobody");
  }

  @Test
  void shouldAddAVoter() {
    AddRaftVoterResponseData response =
        add(
            new AddRaftVoterRequestData()
                .setClusterId(image.clusterId())
                .setTimeoutMs(1000)
                .setVoterId(3)
                .setVoterDirectoryId(DIRECTORY));

    assertThat(response.errorCode()).isZero();
    assertThat(quorum.asked).containsExactly("add " + FakeQuorum.voter(3));
  }

  @Test
  void shouldSayWhyAVoterIsNotAdded() {
    quorum.refusal = new QuorumException(Errors.DUPLICATE_VOTER, "node 3 votes already");

    AddRaftVoterResponseData response =
        add(
            new AddRaftVoterRequestData()
                .setClusterId(null)
                .setTimeoutMs(1000)
                .setVoterId(3)
                .setVoterDirectoryId(DIRECTORY));

    assertThat(response.errorCode()).isEqualTo(Errors.DUPLICATE_VOTER.code());
    assertThat(response.errorMessage()).isEqualTo("node 3 votes already");
  }

  @Test
  void shouldRefuseVotersOfAnotherCluster() {
    AddRaftVoterResponseData response =
        add(
            new AddRaftVoterRequestData()
                .setClusterId("another")
                .setVoterId(3)
                .setVoterDirectoryId(DIRECTORY));

    assertThat(response.errorCode()).isEqualTo(Errors.INCONSISTENT_CLUSTER_ID.code());
    assertThat(quorum.asked).isEmpty();
  }

  @Test
  void shouldRefuseAVoterWithoutDirectory() {
    AddRaftVoterResponseData response =
        add(new AddRaftVoterRequestData().setClusterId(null).setVoterId(3));

    assertThat(response.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
    assertThat(quorum.asked).isEmpty();
  }

  @Test
  void shouldRemoveAVoter() {
    RemoveRaftVoterResponseData response =
        TestRequest.ask(
            new RemoveRaftVoterHandler(quorum),
            image,
            0,
            new RemoveRaftVoterRequestData()
                .setClusterId(null)
                .setVoterId(3)
                .setVoterDirectoryId(DIRECTORY));

    assertThat(response.errorCode()).isZero();
    assertThat(quorum.asked).containsExactly("remove " + FakeQuorum.voter(3));
  }
}
