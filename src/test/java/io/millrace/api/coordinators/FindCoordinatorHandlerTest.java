package io.millrace.api.coordinators;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeController;
import io.millrace.api.MovingImage;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.controller.Controller.NewTopic;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TestLoop;
import io.vertx.core.Promise;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;

class FindCoordinatorHandlerTest {
  private static final String OFFSETS = "__consumer_offsets";

  private final FakeController controller = new FakeController();
  private final TestImage image = TestImage.ofOne();
  private final MovingImage images = new MovingImage(image);
  private final TestLoop loop = new TestLoop();
  private final FindCoordinatorHandler handler =
      new FindCoordinatorHandler(
          topic(CoordinatorTopic.OFFSETS),
          topic(CoordinatorTopic.TRANSACTIONS),
          images,
          TestImage.IN_TOUCH);

  private CoordinatorTopic topic(String name) {
    return new CoordinatorTopic(
        controller,
        name,
        new CoordinatorTopic.Shape(50, (short) 3, 1 << 20, Map.of("compression.type", "producer")));
  }

  private FindCoordinatorResponseData ask(int version, FindCoordinatorRequestData request) {
    return TestRequest.ask(handler, image, version, request);
  }

  private static FindCoordinatorRequestData group(String id) {
    return new FindCoordinatorRequestData().setKey(id);
  }

  @Test
  void shouldNameTheLeaderOfTheGroupsPartition() {
    image.broker(2, "b2", 9093);
    PartitionImage[] partitions = new PartitionImage[50];
    int of = Utils.abs("some-group".hashCode()) % 50;
    for (int i = 0; i < 50; i++) {
      int leader = i == of ? 2 : 1;
      partitions[i] = new PartitionImage(i, List.of(1, 2), List.of(1, 2), List.of(), leader, 0, 0);
    }
    image.topic(OFFSETS, partitions);

    FindCoordinatorResponseData response = ask(0, group("some-group"));

    assertThat(response.errorCode()).isZero();
    assertThat(response.nodeId()).isEqualTo(2);
    assertThat(response.host()).isEqualTo("b2");
    assertThat(response.port()).isEqualTo(9093);
    assertThat(controller.created).isEmpty();
  }

  @Test
  void shouldAnswerManyKeys() {
    image.topic(OFFSETS, 50);

    FindCoordinatorResponseData response =
        ask(4, new FindCoordinatorRequestData().setCoordinatorKeys(List.of("a", "b")));

    assertThat(response.coordinators()).extracting(Coordinator::key).containsExactly("a", "b");
    assertThat(response.coordinators()).extracting(Coordinator::nodeId).containsExactly(1, 1);
  }

  @Test
  void shouldCreateTheOffsetsTopicForTheFirstGroup() {
    controller.onCreated = () -> image.topic(OFFSETS, 50);

    assertThat(ask(3, group("g")).nodeId()).isEqualTo(1);

    NewTopic topic = controller.created.get(0);
    assertThat(topic.name()).isEqualTo(OFFSETS);
    assertThat(topic.partitions()).isEqualTo(50);
    assertThat(topic.replicationFactor()).as("one live broker").isEqualTo((short) 1);
    assertThat(topic.configs())
        .containsEntry("cleanup.policy", "compact")
        .containsEntry("compression.type", "producer")
        .containsEntry("segment.bytes", "1048576");
  }

  @Test
  void shouldUseAsManyReplicasAsConfiguredWhereBrokersAre() {
    for (int id = 2; id <= 5; id++) {
      image.broker(id, "b" + id, 9092);
    }

    ask(3, group("g"));

    assertThat(controller.created.get(0).replicationFactor()).isEqualTo((short) 3);
  }

  @Test
  void shouldCreateTheTopicOnceForAllWhoWait() {
    Promise<Void> commit = Promise.promise();
    controller.commit = commit.future();
    controller.onCreated = () -> image.topic(OFFSETS, 50);
    TestRequest first =
        new TestRequest(image, ApiKeys.FIND_COORDINATOR, 3).begin(handler, group("a"));
    TestRequest second =
        new TestRequest(image, ApiKeys.FIND_COORDINATOR, 3).begin(handler, group("b"));

    commit.complete();

    assertThat(first.<FindCoordinatorResponseData>await().errorCode()).isZero();
    assertThat(second.<FindCoordinatorResponseData>await().errorCode()).isZero();
    assertThat(controller.created).hasSize(1);
  }

  @Test
  void shouldSendClientsBackWhenTheTopicCannotBeCreated() {
    controller.refusals.put(OFFSETS, new Outcome(Errors.POLICY_VIOLATION, "no"));

    FindCoordinatorResponseData response = ask(3, group("g"));

    assertThat(response.errorCode()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE.code());
    assertThat(response.nodeId()).isEqualTo(-1);
    ask(3, group("g"));
    assertThat(controller.created).as("tried again").hasSize(2);
  }

  @Test
  void shouldSendClientsBackWhileThePartitionHasNoLeader() {
    image.topic(OFFSETS, new PartitionImage(0, List.of(1), List.of(1), List.of(), -1, 0, 0));

    assertThat(ask(0, group("g")).errorCode()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE.code());
  }

  @Test
  void shouldWaitForACoordinatorBeforeItSendsClientsBack() {
    image.topic(OFFSETS, new PartitionImage(0, List.of(1), List.of(1), List.of(), -1, 0, 0));
    TestRequest request =
        new TestRequest(image, ApiKeys.FIND_COORDINATOR, 3).on(loop).begin(handler, group("g"));
    assertThat(request.isAnswered()).isFalse();
    TestImage later = TestImage.ofOne();
    later.topic(OFFSETS, 1);
    images.publish(later);

    loop.await(request::isAnswered);

    assertThat(request.<FindCoordinatorResponseData>await().nodeId()).isEqualTo(1);
  }

  @Test
  void shouldCreateTheTransactionsTopicForTheFirstTransactionalId() {
    controller.onCreated = () -> image.topic(CoordinatorTopic.TRANSACTIONS, 50);

    assertThat(ask(1, group("tx").setKeyType((byte) 1)).nodeId()).isEqualTo(1);

    assertThat(controller.created)
        .singleElement()
        .extracting(NewTopic::name)
        .isEqualTo(CoordinatorTopic.TRANSACTIONS);
  }

  @Test
  void shouldRefuseKindsOfCoordinatorsThatItDoesNotKnow() {
    assertThat(ask(1, group("x").setKeyType((byte) 9)).errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
  }
}
