package io.millrace.api.producers;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakePartitions;
import io.millrace.api.LocalPartitions;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.log.ActiveProducer;
import java.util.List;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class DescribeProducersHandlerTest {
  private final FakePartitions partitions = new FakePartitions();
  private final FakePartitions.Fake partition = partitions.add("t", 0);

  private PartitionResponse ask(String topic, Integer... indexes) {
    DescribeProducersResponseData response =
        TestRequest.ask(
            new DescribeProducersHandler(new LocalPartitions(partitions)),
            TestImage.ofOne().topic("t", 2),
            0,
            new DescribeProducersRequestData()
                .setTopics(
                    List.of(
                        new TopicRequest().setName(topic).setPartitionIndexes(List.of(indexes)))));
    assertThat(response.topics().get(0).partitions()).hasSize(1);
    return response.topics().get(0).partitions().get(0);
  }

  @Test
  void shouldTellWhatAPartitionRemembersOfItsProducers() {
    partition.producers = List.of(new ActiveProducer(9, (short) 2, 33, 5_000, -1, -1));
    PartitionResponse answer = ask("t", 0);
    assertThat(answer.errorCode()).isZero();
    assertThat(answer.activeProducers()).hasSize(1);
    assertThat(answer.activeProducers().get(0).producerId()).isEqualTo(9);
    assertThat(answer.activeProducers().get(0).producerEpoch()).isEqualTo(2);
    assertThat(answer.activeProducers().get(0).lastSequence()).isEqualTo(33);
    assertThat(answer.activeProducers().get(0).lastTimestamp()).isEqualTo(5_000);
  }

  @Test
  void shouldPassOnTheRefusalOfThePartition() {
    partition.error = Errors.KAFKA_STORAGE_ERROR;
    assertThat(ask("t", 0).errorCode()).isEqualTo(Errors.KAFKA_STORAGE_ERROR.code());
  }

  @Test
  void shouldNotKnowAPartitionThatTheClusterDoesNotHave() {
    assertThat(ask("t", 2).errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
  }

  @Test
  void shouldRefuseABadName() {
    PartitionResponse answer = ask("bad name", 0);
    assertThat(answer.errorCode()).isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
    assertThat(answer.errorMessage()).contains("bad name");
  }

  @Test
  void shouldDescribeAPartitionOnceThatIsNamedTwice() {
    assertThat(ask("t", 0, 0).errorCode()).isZero();
  }
}
