package io.millrace.api.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeController;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TopicPartition;
import io.millrace.quorum.QuorumException;
import io.vertx.core.Future;
import java.util.List;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData.ListPartitionReassignmentsTopics;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData.OngoingPartitionReassignment;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class PartitionReassignmentsHandlersTest {
  private final FakeController controller = new FakeController();

  private AlterPartitionReassignmentsResponseData alter(ReassignablePartition... partitions) {
    return TestRequest.ask(
        new AlterPartitionReassignmentsHandler(controller),
        TestImage.ofOne(),
        1,
        new AlterPartitionReassignmentsRequestData()
            .setTimeoutMs(1000)
            .setAllowReplicationFactorChange(false)
            .setTopics(
                List.of(new ReassignableTopic().setName("t").setPartitions(List.of(partitions)))));
  }

  private static ReassignablePartition partition(int index, List<Integer> replicas) {
    return new ReassignablePartition().setPartitionIndex(index).setReplicas(replicas);
  }

  private static ListPartitionReassignmentsResponseData list(
      List<ListPartitionReassignmentsTopics> topics) {
    PartitionImage still = new PartitionImage(0, List.of(1), List.of(1), List.of(), 1, 3, 5);
    return TestRequest.ask(
        new ListPartitionReassignmentsHandler(),
        TestImage.ofOne().topic("a", 1).topic("t", still, TestImage.moving(1)),
        0,
        new ListPartitionReassignmentsRequestData().setTopics(topics));
  }

  private static ListPartitionReassignmentsTopics asked(String topic, Integer... partitions) {
    return new ListPartitionReassignmentsTopics()
        .setName(topic)
        .setPartitionIndexes(List.of(partitions));
  }

  @Test
  void shouldBeginAndCancel() {
    AlterPartitionReassignmentsResponseData response =
        alter(partition(0, List.of(2, 3)), partition(1, null));

    assertThat(controller.reassignments)
        .containsEntry(new TopicPartition("t", 0), List.of(2, 3))
        .containsEntry(new TopicPartition("t", 1), null);
    assertThat(controller.factorChangeAllowed).isFalse();
    assertThat(response.errorCode()).isZero();
    assertThat(response.responses().get(0).partitions()).hasSize(2);
  }

  @Test
  void shouldRefuseAPartitionThatIsNamedTwice() {
    AlterPartitionReassignmentsResponseData response =
        alter(partition(0, List.of(2)), partition(0, null));

    assertThat(response.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
    assertThat(response.errorMessage()).contains("t-0");
    assertThat(controller.reassignments).isEmpty();
  }

  @Test
  void shouldSayThatThereIsNoController() {
    controller.commit = Future.failedFuture(new QuorumException(Errors.NOT_CONTROLLER, "who?"));

    AlterPartitionReassignmentsResponseData response = alter(partition(0, List.of(2)));

    assertThat(response.errorCode()).isEqualTo(Errors.NOT_CONTROLLER.code());
    assertThat(response.errorMessage()).isEqualTo("who?");
  }

  @Test
  void shouldListWhatIsUnderWay() {
    ListPartitionReassignmentsResponseData response = list(null);

    assertThat(response.topics()).hasSize(1);
    assertThat(response.topics().get(0).name()).isEqualTo("t");
    assertThat(response.topics().get(0).partitions())
        .containsExactly(
            new OngoingPartitionReassignment()
                .setPartitionIndex(1)
                .setReplicas(List.of(2, 1))
                .setAddingReplicas(List.of(2))
                .setRemovingReplicas(List.of(1)));
  }

  @Test
  void shouldLeaveOutWhatIsNotUnderWay() {
    assertThat(list(List.of(asked("t", 0, 7), asked("a", 0), asked("x", 0))).topics()).isEmpty();
    assertThat(list(List.of(asked("t", 0, 1))).topics().get(0).partitions()).hasSize(1);
  }
}
