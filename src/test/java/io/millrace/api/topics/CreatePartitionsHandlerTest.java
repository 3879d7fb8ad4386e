package io.millrace.api.topics;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeController;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.controller.Controller.NewPartitions;
import io.millrace.controller.Controller.Outcome;
import java.util.List;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class CreatePartitionsHandlerTest {
  private final FakeController controller = new FakeController();

  private static CreatePartitionsTopic topic(String name, int count) {
    return new CreatePartitionsTopic().setName(name).setCount(count).setAssignments(null);
  }

  private List<CreatePartitionsTopicResult> ask(CreatePartitionsTopic... topics) {
    CreatePartitionsRequestData request = new CreatePartitionsRequestData().setTimeoutMs(5000);
    for (CreatePartitionsTopic topic : topics) {
      request.topics().add(topic);
    }
    CreatePartitionsResponseData response =
        TestRequest.ask(new CreatePartitionsHandler(controller), TestImage.ofOne(), 3, request);
    return response.results();
  }

  @Test
  void shouldLetTheControllerPlaceWithoutAnAssignment() {
    assertThat(ask(topic("t", 5)).get(0).errorCode()).isZero();
    assertThat(controller.grown).containsExactly(new NewPartitions("t", 5, null));
  }

  @Test
  void shouldPassOnAnAssignment() {
    ask(
        topic("t", 5)
            .setAssignments(List.of(new CreatePartitionsAssignment().setBrokerIds(List.of(1, 2)))));
    assertThat(controller.grown).containsExactly(new NewPartitions("t", 5, List.of(List.of(1, 2))));
  }

  @Test
  void shouldNotTakeAnEmptyAssignmentForNone() {
    ask(topic("t", 5).setAssignments(List.of()));
    assertThat(controller.grown).containsExactly(new NewPartitions("t", 5, List.of()));
  }

  @Test
  void shouldTellTheRefusalOfTheController() {
    controller.refusals.put("t", new Outcome(Errors.INVALID_PARTITIONS, "fewer"));
    CreatePartitionsTopicResult result = ask(topic("t", 1)).get(0);
    assertThat(result.errorCode()).isEqualTo(Errors.INVALID_PARTITIONS.code());
    assertThat(result.errorMessage()).isEqualTo("fewer");
  }
}
