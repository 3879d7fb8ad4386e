package io.millrace.api.topics;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeController;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.api.configs.CommittedSettings;
import io.millrace.config.Settings;
import io.millrace.controller.Controller.Outcome;
import io.millrace.protocol.WireIds;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class CreateTopicsHandlerTest {
  private final FakeController controller = new FakeController();
  private final CreateTopicsHandler handler =
      new CreateTopicsHandler(
          controller,
          new CommittedSettings(Settings.of(Map.of("log.segment.bytes", "2000000")), 1));

  private static CreatableTopic topic(String name) {
    return new CreatableTopic().setName(name).setNumPartitions(3).setReplicationFactor((short) 1);
  }

  private static CreatableReplicaAssignment assigned(int partition, Integer... nodes) {
    return new CreatableReplicaAssignment()
        .setPartitionIndex(partition)
        .setBrokerIds(List.of(nodes));
  }

  private CreateTopicsResponseData ask(int version, CreatableTopic... topics) {
    CreateTopicsRequestData request = new CreateTopicsRequestData().setTimeoutMs(5000);
    for (CreatableTopic topic : topics) {
      request.topics().add(topic);
    }
    return TestRequest.ask(handler, TestImage.ofOne(), version, request);
  }

  @Test
  void shouldCreateWithIdCountsAndSettings() {
    CreatableTopic wanted = topic("t");
    wanted.configs().add(new CreatableTopicConfig().setName("retention.ms").setValue("1000"));
    CreatableTopicResult result = ask(7, wanted).topics().find("t");
    assertThat(result.errorCode()).isZero();
    assertThat(result.errorMessage()).isNull();
    assertThat(result.topicId()).isEqualTo(WireIds.uuid(TestImage.idOf("t")));
    assertThat(result.numPartitions()).isEqualTo(3);
    assertThat(result.replicationFactor()).isEqualTo((short) 1);
    assertThat(result.configs().stream().map(CreatableTopicConfigs::name)).isSorted();
    assertThat(config(result, "retention.ms").value()).isEqualTo("1000");
    assertThat(config(result, "retention.ms").configSource()).isEqualTo((byte) 1);
    assertThat(config(result, "segment.bytes").value()).isEqualTo("2000000");
    assertThat(config(result, "segment.bytes").configSource()).isEqualTo((byte) 4);
    assertThat(config(result, "cleanup.policy").configSource()).isEqualTo((byte) 5);
  }

  private static CreatableTopicConfigs config(CreatableTopicResult result, String name) {
    return result.configs().stream().filter(c -> c.name().equals(name)).findAny().orElseThrow();
  }

  @Test
  void shouldPassOnWhatIsAskedFor() {
    CreatableTopic wanted =
        new CreatableTopic().setName("t").setNumPartitions(-1).setReplicationFactor((short) -1);
    wanted.assignments().add(assigned(0, 1, 2));
    wanted.assignments().add(assigned(1, 2, 1));
    ask(2, wanted);
    assertThat(controller.created).hasSize(1);
    assertThat(controller.created.get(0).assignment())
        .isEqualTo(Map.of(0, List.of(1, 2), 1, List.of(2, 1)));
  }

  @Test
  void shouldOnlyValidateWhenAsked() {
    CreateTopicsRequestData request =
        new CreateTopicsRequestData().setTimeoutMs(5000).setValidateOnly(true);
    request.topics().add(topic("t"));
    TestRequest.ask(handler, TestImage.ofOne(), 4, request);
    assertThat(controller.validatedOnly).isTrue();
  }

  @Test
  void shouldTellTheRefusalOfTheController() {
    controller.refusals.put("t", new Outcome(Errors.TOPIC_ALREADY_EXISTS, "there"));
    CreatableTopicResult result = ask(7, topic("t"), topic("u")).topics().find("t");
    assertThat(result.errorCode()).isEqualTo(Errors.TOPIC_ALREADY_EXISTS.code());
    assertThat(result.errorMessage()).isEqualTo("there");
    assertThat(result.numPartitions()).isEqualTo(-1);
    assertThat(result.configs()).isEmpty();
  }

  @Test
  void shouldRefuseAPartitionAssignedTwice() {
    CreatableTopic wanted = topic("t").setNumPartitions(-1).setReplicationFactor((short) -1);
    wanted.assignments().add(assigned(0, 1));
    wanted.assignments().add(assigned(0, 2));
    assertThat(ask(5, wanted).topics().find("t").errorCode())
        .isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT.code());
  }

  @Test
  void shouldTellEachTopicThatThereIsNoController() {
    controller.commit = Future.failedFuture(Errors.NOT_CONTROLLER.exception());
    CreateTopicsResponseData response = ask(7, topic("t"), topic("u"));
    assertThat(response.topics())
        .hasSize(2)
        .allMatch(result -> result.errorCode() == Errors.NOT_CONTROLLER.code());
  }

  @Test
  void shouldTellWhenTheTimeIsOver() {
    controller.commit = Promise.promise().future();
    CreateTopicsRequestData request = new CreateTopicsRequestData().setTimeoutMs(0);
    request.topics().add(topic("t"));
    CreateTopicsResponseData response = TestRequest.ask(handler, TestImage.ofOne(), 7, request);
    assertThat(response.topics().find("t").errorCode()).isEqualTo(Errors.REQUEST_TIMED_OUT.code());
  }
}
