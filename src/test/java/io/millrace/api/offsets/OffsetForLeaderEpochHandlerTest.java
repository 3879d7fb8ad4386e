package io.millrace.api.offsets;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakePartitions;
import io.millrace.api.LocalPartitions;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import java.util.List;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class OffsetForLeaderEpochHandlerTest {
  private final FakePartitions partitions = new FakePartitions();
  private final FakePartitions.Fake partition = partitions.add("t", 0);

  private EpochEndOffset ask(int index) {
    OffsetForLeaderTopicCollection topics = new OffsetForLeaderTopicCollection();
    topics.add(
        new OffsetForLeaderTopic()
            .setTopic("t")
            .setPartitions(
                List.of(
                    new OffsetForLeaderPartition()
                        .setPartition(index)
                        .setCurrentLeaderEpoch(4)
                        .setLeaderEpoch(3))));
    OffsetForLeaderEpochResponseData response =
        TestRequest.ask(
            new OffsetForLeaderEpochHandler(new LocalPartitions(partitions)),
            TestImage.ofOne().topic("t", 2),
            4,
            new OffsetForLeaderEpochRequestData().setTopics(topics));
    return response.topics().find("t").partitions().get(0);
  }

  @Test
  void shouldTellWhereAnEpochEnds() {
    EpochEndOffset answer = ask(0);
    assertThat(answer.errorCode()).isZero();
    assertThat(answer.leaderEpoch()).isEqualTo(3);
    assertThat(answer.endOffset()).isEqualTo(50);
    assertThat(partition.asked).containsExactly("epoch 3 4");
  }

  @Test
  void shouldPassOnTheRefusalOfThePartition() {
    partition.error = Errors.FENCED_LEADER_EPOCH;
    EpochEndOffset answer = ask(0);
    assertThat(answer.errorCode()).isEqualTo(Errors.FENCED_LEADER_EPOCH.code());
    assertThat(answer.endOffset()).isEqualTo(-1);
    assertThat(answer.leaderEpoch()).isEqualTo(-1);
  }

  @Test
  void shouldSendClientsToTheMetadataWhenTheReplicaIsNotOpenHere() {
    assertThat(ask(1).errorCode()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
  }

  @Test
  void shouldNotKnowAPartitionThatTheClusterDoesNotHave() {
    assertThat(ask(2).errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
  }
}
