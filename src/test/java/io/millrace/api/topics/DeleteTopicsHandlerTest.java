package io.millrace.api.topics;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeController;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.controller.Controller.Outcome;
import io.millrace.protocol.WireIds;
import io.millrace.quorum.QuorumException;
import io.vertx.core.Future;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeleteTopicsHandlerTest {
  private static final Uuid ID_OF_T = WireIds.uuid(TestImage.idOf("t"));

  private final FakeController controller = new FakeController();
  private final TestImage image = TestImage.ofOne().topic("t", 1);

  private static DeleteTopicState name(String name) {
    return new DeleteTopicState().setName(name);
  }

  private static DeleteTopicState id(Uuid id) {
    return new DeleteTopicState().setTopicId(id);
  }

  private List<DeletableTopicResult> ask(DeleteTopicState... topics) {
    DeleteTopicsResponseData response =
        TestRequest.ask(
            new DeleteTopicsHandler(controller),
            image,
            6,
            new DeleteTopicsRequestData().setTopics(Arrays.asList(topics)).setTimeoutMs(5000));
    return List.copyOf(response.responses());
  }

  private static DeleteTopicsRequestData names(String... names) {
    return new DeleteTopicsRequestData().setTopicNames(List.of(names)).setTimeoutMs(5000);
  }

  @Test
  void shouldDeleteByName() {
    DeleteTopicsResponseData response =
        TestRequest.ask(new DeleteTopicsHandler(controller), image, 1, names("t"));
    assertThat(response.responses().find("t").errorCode()).isZero();
    assertThat(controller.deleted.get(0).name()).isEqualTo("t");
  }

  @Test
  void shouldDeleteById() {
    DeletableTopicResult result = ask(id(ID_OF_T)).get(0);
    assertThat(result.errorCode()).isZero();
    assertThat(result.topicId()).isEqualTo(ID_OF_T);
    assertThat(controller.deleted.get(0).name()).isNull();
  }

  @Test
  void shouldTellTheRefusalOfTheController() {
    controller.refusals.put("no", new Outcome(Errors.UNKNOWN_TOPIC_OR_PARTITION, "not there"));
    DeletableTopicResult result = ask(name("no")).get(0);
    assertThat(result.errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    assertThat(result.errorMessage()).isEqualTo("not there");
  }

  @ParameterizedTest
  @CsvSource({"2,INVALID_REQUEST", "3,TOPIC_DELETION_DISABLED"})
  void shouldTellThatDeletionIsDisabledAsTheVersionCan(int version, Errors error) {
    controller.refusals.put("t", new Outcome(Errors.TOPIC_DELETION_DISABLED, "disabled"));
    DeleteTopicsResponseData response =
        TestRequest.ask(new DeleteTopicsHandler(controller), image, version, names("t"));
    assertThat(response.responses().find("t").errorCode()).isEqualTo(error.code());
  }

  @Test
  void shouldTellEachTopicThatThereIsNoController() {
    controller.commit =
        Future.failedFuture(new QuorumException(Errors.NOT_CONTROLLER, "not yet elected"));
    assertThat(ask(name("t"), id(ID_OF_T)))
        .hasSize(2)
        .allMatch(result -> result.errorCode() == Errors.NOT_CONTROLLER.code());
  }
}
