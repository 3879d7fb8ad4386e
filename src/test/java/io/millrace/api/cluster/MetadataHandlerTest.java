package io.millrace.api.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeController;
import io.millrace.api.MovingImage;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.api.configs.CommittedSettings;
import io.millrace.config.Settings;
import io.millrace.controller.Controller.NewTopic;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.QuotaEntity;
import io.millrace.protocol.WireIds;
import io.millrace.quorum.QuorumException;
import io.millrace.quota.ClientQuotas;
import io.millrace.quota.ClientUse;
import io.millrace.quota.QuotaKey;
import io.millrace.quota.QuotaWindows;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetadataHandlerTest {
  private static final CommittedSettings SETTINGS =
      new CommittedSettings(Settings.of(Map.of("num.partitions", "5")), 1);

  private final FakeController controller = new FakeController();
  private final MovingImage images = new MovingImage(TestImage.ofOne());
  private final MetadataHandler handler =
      new MetadataHandler(controller, images, true, TestImage.IN_TOUCH, SETTINGS);

  private static MetadataRequestData names(String... names) {
    return new MetadataRequestData()
        .setTopics(
            Arrays.stream(names).map(name -> new MetadataRequestTopic().setName(name)).toList());
  }

  private static MetadataRequestData id(Uuid id) {
    return new MetadataRequestData()
        .setTopics(List.of(new MetadataRequestTopic().setName(null).setTopicId(id)));
  }

  private static List<String> namesOf(MetadataResponseData response) {
    return response.topics().stream().map(MetadataResponseTopic::name).toList();
  }

  @Test
  void shouldTakeAnEmptyListForAllTopicsInVersion0() {
    MetadataResponseData response =
        TestRequest.ask(handler, TestImage.ofOne().topic("t", 1), 0, names());
    assertThat(namesOf(response)).containsExactly("t");
  }

  @Test
  void shouldTakeAnEmptyListForNoTopicsFromVersion1() {
    MetadataResponseData response =
        TestRequest.ask(handler, TestImage.ofOne().topic("t", 1), 1, names());
    assertThat(response.topics()).isEmpty();
    assertThat(response.brokers()).hasSize(1);
  }

  @Test
  void shouldTakeNullForAllTopicsFromVersion1() {
    MetadataResponseData response =
        TestRequest.ask(
            handler,
            TestImage.ofOne().topic("t", 2),
            13,
            new MetadataRequestData().setTopics(null));
    MetadataResponseTopic topic = response.topics().iterator().next();
    assertThat(topic.topicId()).isEqualTo(WireIds.uuid(TestImage.idOf("t")));
    assertThat(topic.topicAuthorizedOperations()).isEqualTo(Integer.MIN_VALUE);
    assertThat(topic.partitions()).hasSize(2);
    assertThat(topic.partitions().get(1).leaderId()).isEqualTo(1);
    assertThat(topic.partitions().get(1).leaderEpoch()).isEqualTo(3);
    assertThat(topic.partitions().get(1).offlineReplicas()).isEmpty();
  }

  @Test
  void shouldTellClusterAndController() {
    MetadataResponseData response =
        TestRequest.ask(handler, TestImage.ofOne().controller(1), 12, names());
    assertThat(response.clusterId()).isEqualTo("testtesttesttesttestte");
    assertThat(response.controllerId()).isEqualTo(1);
  }

  /**
   * Three brokers; 1, which is asked, leads a partition that 2 has too, and one that is its own.
   */
  private static TestImage ofThree() {
    return TestImage.ofOne()
        .broker(2, "b2", 9092)
        .broker(3, "b3", 9092)
        .topic(
            "t",
            new PartitionImage(0, List.of(1, 2), List.of(1, 2), List.of(), 1, 3, 5),
            new PartitionImage(1, List.of(1), List.of(1), List.of(), 1, 3, 5),
            new PartitionImage(2, List.of(2, 1), List.of(2, 1), List.of(), 2, 3, 5));
  }

  private MetadataHandler cutOff() {
    return new MetadataHandler(controller, images, true, new OwnStanding(1, () -> true), SETTINGS);
  }

  @RepeatedTest(10)
  void shouldNotNameItselfAsControllerWhenItKnowsNone() {
    MetadataResponseData response = TestRequest.ask(handler, ofThree().controller(-1), 12, names());
    assertThat(response.controllerId()).isIn(2, 3);
  }

  @RepeatedTest(10)
  void shouldNotNameItselfAsControllerWhenItIsCutOff() {
    MetadataResponseData response = TestRequest.ask(cutOff(), ofThree().controller(1), 12, names());
    assertThat(response.controllerId()).isIn(2, 3);
    assertThat(response.brokers()).hasSize(3);
  }

  @Test
  void shouldNotNameItselfAsLeaderOfWhatOthersMayLeadWhenItIsCutOff() {
    MetadataResponseData response = TestRequest.ask(cutOff(), ofThree(), 12, names("t"));
    List<MetadataResponsePartition> partitions = response.topics().iterator().next().partitions();
    assertThat(partitions.get(0).leaderId()).isEqualTo(-1);
    assertThat(partitions.get(0).errorCode()).isEqualTo(Errors.LEADER_NOT_AVAILABLE.code());
    assertThat(partitions.get(1).leaderId()).isEqualTo(1);
    assertThat(partitions.get(1).errorCode()).isEqualTo(Errors.NONE.code());
    assertThat(partitions.get(2).leaderId()).isEqualTo(2);
  }

  @Test
  void shouldNameAnyBrokerWhenTheControllerIsNone() {
    MetadataResponseData response =
        TestRequest.ask(handler, TestImage.ofOne().controller(77), 12, names());
    assertThat(response.controllerId()).isEqualTo(1);
  }

  @Test
  void shouldAnswerWithTheAddressThatTheClientUsedWhenTheBrokerHasNone() {
    TestImage image = new TestImage().broker(1, "", 9092);
    MetadataResponseData response =
        new TestRequest(image, ApiKeys.METADATA, 9)
            .reachedAt("192.168.7.7", 31000)
            .send(handler, names());
    assertThat(response.brokers().find(1).host()).isEqualTo("192.168.7.7");
    assertThat(response.brokers().find(1).port()).isEqualTo(9092);
  }

  @Test
  void shouldNeverShowPort0() {
    TestImage image = new TestImage().broker(1, "h", 0);
    MetadataResponseData response =
        new TestRequest(image, ApiKeys.METADATA, 9)
            .reachedAt("192.168.7.7", 31000)
            .send(handler, names());
    assertThat(response.brokers().find(1).port()).isEqualTo(31000);
  }

  @Test
  void shouldLeaveTheZoneOutOfAnAddress() {
    TestImage image = new TestImage().broker(1, "", 9092);
    MetadataResponseData response =
        new TestRequest(image, ApiKeys.METADATA, 9)
            .reachedAt("fe80:0:0:0:0:0:0:1%1", 9092)
            .send(handler, names());
    assertThat(response.brokers().find(1).host()).isEqualTo("fe80:0:0:0:0:0:0:1");
  }

  @Test
  void shouldShowOnlyServingBrokersOfTheListener() {
    TestImage image =
        TestImage.ofOne()
            .broker(2, new Endpoint("PLAINTEXT", "b2", 9092), "r2", true)
            .broker(3, new Endpoint("OTHER", "b3", 9092), null, false)
            .broker(4, new Endpoint("PLAINTEXT", "b4", 9092), "r4", false);
    MetadataResponseData response = TestRequest.ask(handler, image, 9, names());
    assertThat(response.brokers().stream().map(b -> b.nodeId() + "/" + b.rack()))
        .containsExactly("1/null", "4/r4");
  }

  private static TestImage leaderOn(int leader) {
    return TestImage.ofOne()
        .broker(3, new Endpoint("OTHER", "b3", 9092), null, false)
        .topic("t", new PartitionImage(0, List.of(1, 3), List.of(1, 3), List.of(), leader, 4, 5));
  }

  @Test
  void shouldTellThatALeaderHasNoSuchListenerFromVersion6() {
    MetadataResponseData response = TestRequest.ask(handler, leaderOn(3), 6, names("t"));
    var partition = response.topics().find("t").partitions().get(0);
    assertThat(partition.errorCode()).isEqualTo(Errors.LISTENER_NOT_FOUND.code());
    assertThat(partition.leaderId()).isEqualTo(-1);
    assertThat(partition.offlineReplicas()).containsExactly(3);
    assertThat(partition.replicaNodes()).containsExactly(1, 3);
  }

  @Test
  void shouldCallTheLeaderUnavailableBeforeVersion6() {
    MetadataResponseData response = TestRequest.ask(handler, leaderOn(3), 5, names("t"));
    assertThat(response.topics().find("t").partitions().get(0).errorCode())
        .isEqualTo(Errors.LEADER_NOT_AVAILABLE.code());
  }

  @Test
  void shouldCallTheLeaderUnavailableWhenThereIsNone() {
    MetadataResponseData response = TestRequest.ask(handler, leaderOn(-1), 13, names("t"));
    var partition = response.topics().find("t").partitions().get(0);
    assertThat(partition.errorCode()).isEqualTo(Errors.LEADER_NOT_AVAILABLE.code());
    assertThat(partition.leaderEpoch()).isEqualTo(4);
  }

  @Test
  void shouldShowOnlyReachableReplicasInVersion0() {
    MetadataResponseData response = TestRequest.ask(handler, leaderOn(1), 0, names("t"));
    var partition = response.topics().find("t").partitions().get(0);
    assertThat(partition.errorCode()).isEqualTo(Errors.REPLICA_NOT_AVAILABLE.code());
    assertThat(partition.replicaNodes()).containsExactly(1);
    assertThat(partition.isrNodes()).containsExactly(1);
  }

  @Test
  void shouldFindTopicsById() {
    MetadataResponseData response =
        TestRequest.ask(
            handler, TestImage.ofOne().topic("t", 1), 12, id(WireIds.uuid(TestImage.idOf("t"))));
    assertThat(namesOf(response)).containsExactly("t");
  }

  @Test
  void shouldAnswerAnUnknownIdWithNoName() {
    Uuid unknown = new Uuid(1, 2);
    MetadataResponseData response = TestRequest.ask(handler, TestImage.ofOne(), 12, id(unknown));
    MetadataResponseTopic topic = response.topics().iterator().next();
    assertThat(topic.errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_ID.code());
    assertThat(topic.name()).isNull();
    assertThat(topic.topicId()).isEqualTo(unknown);
    assertThat(controller.created).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 11})
  void shouldRefuseIdsBeforeVersion12(int version) {
    MetadataResponseData response =
        TestRequest.ask(handler, TestImage.ofOne(), version, id(new Uuid(1, 2)));
    MetadataResponseTopic topic = response.topics().iterator().next();
    assertThat(topic.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
    assertThat(topic.name()).isEmpty();
  }

  @Test
  void shouldRefuseATopicWithoutNameAndId() {
    MetadataResponseData response =
        TestRequest.ask(handler, TestImage.ofOne(), 13, id(Uuid.ZERO_UUID));
    assertThat(response.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
  }

  @Test
  void shouldAnswerATopicOnceThatIsAskedForTwice() {
    MetadataResponseData response =
        TestRequest.ask(
            handler,
            TestImage.ofOne().topic("t", 1),
            9,
            names("t", "t", "no", "no").setAllowAutoTopicCreation(false));
    assertThat(namesOf(response)).containsExactly("t", "no");
  }

  @Test
  void shouldTellAllOperationsWhenAsked() {
    MetadataResponseData response =
        TestRequest.ask(
            handler,
            TestImage.ofOne().topic("t", 1),
            10,
            names("t")
                .setIncludeTopicAuthorizedOperations(true)
                .setIncludeClusterAuthorizedOperations(true));
    assertThat(response.topics().find("t").topicAuthorizedOperations()).isEqualTo(3576);
    assertThat(response.clusterAuthorizedOperations()).isEqualTo(8096);
  }

  @Test
  void shouldCreateATopicThatIsNamedAndAnswerWithIt() {
    controller.onCreated = () -> images.publish(TestImage.ofOne().topic("new", 2));
    MetadataResponseData response = TestRequest.ask(handler, TestImage.ofOne(), 9, names("new"));
    assertThat(response.topics().find("new").errorCode()).isZero();
    assertThat(response.topics().find("new").partitions()).hasSize(2);
    assertThat(controller.created.get(0).partitions()).isEqualTo(-1);
    assertThat(controller.created.get(0).replicationFactor()).isEqualTo((short) -1);
  }

  @Test
  void shouldAnswerWithATopicThatSomebodyElseCreatedMeanwhile() {
    controller.refusals.put("new", new Outcome(Errors.TOPIC_ALREADY_EXISTS, "there"));
    controller.onCreated = () -> images.publish(TestImage.ofOne().topic("new", 2));
    MetadataResponseData response = TestRequest.ask(handler, TestImage.ofOne(), 9, names("new"));
    assertThat(response.topics().find("new").errorCode()).isZero();
  }

  @Test
  void shouldTellWhyATopicCannotBeCreated() {
    controller.refusals.put("new", new Outcome(Errors.INVALID_REPLICATION_FACTOR, "too many"));
    MetadataResponseData response = TestRequest.ask(handler, TestImage.ofOne(), 9, names("new"));
    assertThat(response.topics().find("new").errorCode())
        .isEqualTo(Errors.INVALID_REPLICATION_FACTOR.code());
  }

  @Test
  void shouldLetClientsComeAgainWhenTheCreationTakesLong() {
    controller.commit = Promise.promise().future();
    MetadataResponseData response =
        TestRequest.ask(handler, TestImage.ofOne().topic("t", 1), 9, names("t", "new"));
    assertThat(response.topics().find("new").errorCode())
        .isEqualTo(Errors.LEADER_NOT_AVAILABLE.code());
    assertThat(response.brokers()).hasSize(1);
  }

  @Test
  void shouldLetClientsComeAgainWhenThereIsNoController() {
    controller.commit = Future.failedFuture(Errors.NOT_CONTROLLER.exception());
    MetadataResponseData response = TestRequest.ask(handler, TestImage.ofOne(), 9, names("new"));
    assertThat(response.topics().find("new").errorCode())
        .isEqualTo(Errors.LEADER_NOT_AVAILABLE.code());
  }

  @Test
  void shouldTellWhenTheMetadataLogCannotBeWritten() {
    controller.commit =
        Future.failedFuture(new QuorumException(Errors.KAFKA_STORAGE_ERROR, "disk"));
    MetadataResponseData response = TestRequest.ask(handler, TestImage.ofOne(), 9, names("new"));
    assertThat(response.topics().find("new").errorCode())
        .isEqualTo(Errors.KAFKA_STORAGE_ERROR.code());
  }

  @Test
  void shouldCountWhatItCreatesForTheMutationQuota() {
    ClientQuotas quotas = new ClientQuotas(QuotaWindows.DEFAULT, new QuotaWindows(2, 1));
    quotas.update(
        Map.of(
            QuotaEntity.client(null), Map.of(QuotaKey.CONTROLLER_MUTATION_RATE.text(), 0.000_001)));
    ClientUse use = quotas.of(ClientUse.NONE, ClientQuotas.ANONYMOUS, "test", System.nanoTime());
    MetadataResponseData response =
        new TestRequest(TestImage.ofOne(), ApiKeys.METADATA, 9)
            .with(use)
            .send(handler, names("first", "second"));
    assertThat(controller.created).extracting(NewTopic::name).containsExactly("first");
    assertThat(response.topics().find("second").errorCode())
        .isEqualTo(Errors.LEADER_NOT_AVAILABLE.code());
    assertThat(quotas.figures(1, System.nanoTime()).get(0).tokens()).isBetween(-5.0, -4.9);
    controller.commit = Promise.promise().future();
    TestRequest again =
        new TestRequest(TestImage.ofOne(), ApiKeys.METADATA, 9)
            .with(use)
            .begin(handler, names("second"));
    assertThat(controller.created).hasSize(1);
    assertThat(again.isAnswered()).as("without the controller").isTrue();
    MetadataResponseData refused = again.await();
    assertThat(refused.topics().find("second").errorCode())
        .isEqualTo(Errors.LEADER_NOT_AVAILABLE.code());
  }

  @Test
  void shouldNotCreateWhenTheClientForbidsIt() {
    MetadataResponseData response =
        TestRequest.ask(
            handler, TestImage.ofOne(), 4, names("new").setAllowAutoTopicCreation(false));
    assertThat(response.topics().find("new").errorCode())
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    assertThat(controller.created).isEmpty();
  }

  @Test
  void shouldNotCreateWhenTheNodeForbidsIt() {
    MetadataResponseData response =
        TestRequest.ask(
            new MetadataHandler(controller, images, false, TestImage.IN_TOUCH, SETTINGS),
            TestImage.ofOne(),
            9,
            names("new"));
    assertThat(response.topics().find("new").errorCode())
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    assertThat(controller.created).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"__consumer_offsets", "__transaction_state", "__cluster_metadata"})
  void shouldNotCreateInternalTopicsBecauseSomebodyNamesThem(String name) {
    MetadataResponseData response = TestRequest.ask(handler, TestImage.ofOne(), 9, names(name));
    assertThat(response.topics().find(name).errorCode())
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    assertThat(controller.created).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"bad name", "", ".", ".."})
  void shouldRefuseABadName(String name) {
    MetadataResponseData response = TestRequest.ask(handler, TestImage.ofOne(), 9, names(name));
    assertThat(response.topics().find(name).errorCode())
        .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
    assertThat(controller.created).isEmpty();
  }
}
