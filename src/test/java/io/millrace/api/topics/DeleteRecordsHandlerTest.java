package io.millrace.api.topics;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakePartitions;
import io.millrace.api.LocalPartitions;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.vertx.core.Promise;
import java.util.List;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeleteRecordsHandlerTest {
  private final FakePartitions partitions = new FakePartitions();
  private final FakePartitions.Fake partition = partitions.add("t", 0);
  private final TestImage image = TestImage.ofOne().topic("t", 2).topic("__consumer_offsets", 1);

  private DeleteRecordsPartitionResult ask(String topic, int index, long offset) {
    DeleteRecordsResponseData response =
        TestRequest.ask(
            new DeleteRecordsHandler(new LocalPartitions(partitions)),
            image,
            2,
            new DeleteRecordsRequestData()
                .setTimeoutMs(0)
                .setTopics(
                    List.of(
                        new DeleteRecordsTopic()
                            .setName(topic)
                            .setPartitions(
                                List.of(
                                    new DeleteRecordsPartition()
                                        .setPartitionIndex(index)
                                        .setOffset(offset))))));
    return response.topics().find(topic).partitions().find(index);
  }

  @Test
  void shouldTellTheNewLowWatermark() {
    DeleteRecordsPartitionResult result = ask("t", 0, 30);
    assertThat(result.errorCode()).isZero();
    assertThat(result.lowWatermark()).isEqualTo(30);
  }

  @Test
  void shouldDeleteUpToTheHighWatermark() {
    assertThat(ask("t", 0, -1).lowWatermark()).isEqualTo(45);
  }

  @Test
  void shouldPassOnTheRefusalOfThePartition() {
    partition.error = Errors.OFFSET_OUT_OF_RANGE;
    DeleteRecordsPartitionResult result = ask("t", 0, 99);
    assertThat(result.errorCode()).isEqualTo(Errors.OFFSET_OUT_OF_RANGE.code());
    assertThat(result.lowWatermark()).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource({
    "t,1,NOT_LEADER_OR_FOLLOWER",
    "t,2,UNKNOWN_TOPIC_OR_PARTITION",
    "no,0,UNKNOWN_TOPIC_OR_PARTITION",
    "__consumer_offsets,0,INVALID_TOPIC_EXCEPTION"
  })
  void shouldRefuseWhatCannotBeDeletedHere(String topic, int index, Errors error) {
    assertThat(ask(topic, index, 0).errorCode()).isEqualTo(error.code());
  }

  @Test
  void shouldTakeTheLastOfTwoOffsets() {
    List<DeleteRecordsPartition> twice =
        List.of(
            new DeleteRecordsPartition().setPartitionIndex(0).setOffset(20),
            new DeleteRecordsPartition().setPartitionIndex(0).setOffset(30));
    DeleteRecordsResponseData response =
        TestRequest.ask(
            new DeleteRecordsHandler(new LocalPartitions(partitions)),
            image,
            2,
            new DeleteRecordsRequestData()
                .setTopics(List.of(new DeleteRecordsTopic().setName("t").setPartitions(twice))));
    assertThat(response.topics().find("t").partitions()).hasSize(1);
    assertThat(partition.asked).containsExactly("delete 30");
  }

  @Test
  void shouldTellWhenTheTimeIsOver() {
    partition.delay = Promise.promise().future();
    DeleteRecordsPartitionResult result = ask("t", 0, 30);
    assertThat(result.errorCode()).isEqualTo(Errors.REQUEST_TIMED_OUT.code());
    assertThat(result.lowWatermark()).isEqualTo(-1);
  }
}
