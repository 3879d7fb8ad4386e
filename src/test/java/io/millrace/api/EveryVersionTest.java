package io.millrace.api;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import io.millrace.api.cluster.DescribeClusterHandler;
import io.millrace.api.cluster.DescribeTopicPartitionsHandler;
import io.millrace.api.cluster.MetadataHandler;
import io.millrace.api.configs.AlterConfigsHandler;
import io.millrace.api.configs.CommittedSettings;
import io.millrace.api.configs.DescribeConfigsHandler;
import io.millrace.api.configs.IncrementalAlterConfigsHandler;
import io.millrace.api.configs.LogbackLoggers;
import io.millrace.api.groups.ConsumerGroupDescribeHandler;
import io.millrace.api.groups.ConsumerGroupHeartbeatHandler;
import io.millrace.api.groups.FindCoordinatorHandler;
import io.millrace.api.groups.OffsetCommitHandler;
import io.millrace.api.groups.OffsetDeleteHandler;
import io.millrace.api.groups.OffsetFetchHandler;
import io.millrace.api.groups.OffsetsTopic;
import io.millrace.api.logs.DescribeLogDirsHandler;
import io.millrace.api.logs.LogDirs.LogDir;
import io.millrace.api.offsets.ListOffsetsHandler;
import io.millrace.api.offsets.OffsetForLeaderEpochHandler;
import io.millrace.api.producers.DescribeProducersHandler;
import io.millrace.api.producers.InitProducerIdHandler;
import io.millrace.api.producers.ProducerIdAllocator;
import io.millrace.api.topics.CreatePartitionsHandler;
import io.millrace.api.topics.CreateTopicsHandler;
import io.millrace.api.topics.DeleteRecordsHandler;
import io.millrace.api.topics.DeleteTopicsHandler;
import io.millrace.config.Settings;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.ProducerIdBlock;
import io.millrace.coordinator.group.OffsetConfig;
import io.millrace.coordinator.group.TestGroupCoordinator;
import io.millrace.coordinator.group.consumer.ConsumerGroupConfig;
import io.millrace.coordinator.group.consumer.MigrationPolicy;
import io.millrace.log.PartitionLog.ActiveProducer;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.ImagePublisher;
import io.millrace.metadata.PartitionImage;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every handler in every version that it serves, with answers good and bad in one response: a field
 * that a version does not have must never reach its encoder.
 */
class EveryVersionTest {
  private static final String TOPIC = "t";
  private static final String REFUSED = "refused";

  private final FakePartitions partitions = new FakePartitions();
  private final FakeController controller = new FakeController();
  private final TestImage image =
      TestImage.ofOne()
          .broker(2, new Endpoint("PLAINTEXT", "b2", 9092), "rack", true)
          .topic(TOPIC, 2)
          .topic(REFUSED, 1)
          .topic("offline", new PartitionImage(0, List.of(1, 2), List.of(2), List.of(1), -1, 8, 9));
  private final ImagePublisher images =
      new ImagePublisher() {
        @Override
        public TestImage image() {
          return image;
        }

        @Override
        public void subscribe(Consumer<ImageDelta> listener) {}
      };

  private final TestGroupCoordinator groups =
      new TestGroupCoordinator(
          new OffsetConfig(5, 1_000, 1_000),
          new ConsumerGroupConfig(
              new ConsumerGroupConfig.Bounded(45_000, 45_000, 60_000),
              new ConsumerGroupConfig.Bounded(5_000, 5_000, 15_000),
              new ConsumerGroupConfig.Bounded(0, 0, 15_000),
              600_000,
              10,
              List.of("uniform"),
              MigrationPolicy.DISABLED),
          image);

  private record Case(RequestHandler handler, Function<Short, ApiMessage> request) {}

  private List<Case> cases() {
    partitions.add(TOPIC, 0).producers = List.of(new ActiveProducer(1, (short) 2, 3, 4, 5, 6));
    partitions.add(REFUSED, 0).error = Errors.NOT_LEADER_OR_FOLLOWER;
    controller.refusals.put(REFUSED, new Outcome(Errors.POLICY_VIOLATION, "no"));
    controller.blocks = () -> Future.succeededFuture(new ProducerIdBlock(1, 1000));
    LocalPartitions local = new LocalPartitions(partitions);
    CommittedSettings settings = new CommittedSettings(Settings.defaults(), 1);
    LogbackLoggers loggers = new LogbackLoggers(new LoggerContext());
    return List.of(
        new Case(new MetadataHandler(controller, images, true), this::metadata),
        new Case(new DescribeClusterHandler(), EveryVersionTest::describeCluster),
        new Case(new DescribeTopicPartitionsHandler(2000), v -> describeTopicPartitions()),
        new Case(new CreateTopicsHandler(controller, settings), v -> createTopics()),
        new Case(new DeleteTopicsHandler(controller), EveryVersionTest::deleteTopics),
        new Case(new CreatePartitionsHandler(controller), v -> createPartitions()),
        new Case(new DeleteRecordsHandler(local), v -> deleteRecords()),
        new Case(new DescribeConfigsHandler(settings, loggers), EveryVersionTest::describeConfigs),
        new Case(
            new IncrementalAlterConfigsHandler(controller, 1, loggers),
            v -> incrementalAlterConfigs()),
        new Case(new AlterConfigsHandler(controller, 1), v -> alterConfigs()),
        new Case(new ListOffsetsHandler(local), EveryVersionTest::listOffsets),
        new Case(new OffsetForLeaderEpochHandler(local), EveryVersionTest::offsetForLeaderEpoch),
        new Case(
            new DescribeLogDirsHandler(
                () ->
                    Future.succeededFuture(
                        List.of(
                            new LogDir("/data/a", true, 10, 5),
                            new LogDir("/data/b", false, -1, -1))),
                partitions),
            v -> new DescribeLogDirsRequestData().setTopics(null)),
        new Case(new DescribeProducersHandler(local), v -> describeProducers()),
        new Case(
            new InitProducerIdHandler(new ProducerIdAllocator(new InlineLoop(), controller)),
            v -> new InitProducerIdRequestData().setTransactionalId(null)),
        new Case(
            new FindCoordinatorHandler(
                new OffsetsTopic(controller, new OffsetsTopic.Shape(50, (short) 3, 1 << 20)),
                images),
            EveryVersionTest::findCoordinator),
        new Case(new OffsetCommitHandler(groups, amount -> {}), EveryVersionTest::offsetCommit),
        new Case(new OffsetFetchHandler(groups), EveryVersionTest::offsetFetch),
        new Case(new OffsetDeleteHandler(groups), v -> offsetDelete()),
        new Case(
            new ConsumerGroupHeartbeatHandler(groups, true),
            EveryVersionTest::consumerGroupHeartbeat),
        new Case(new ConsumerGroupDescribeHandler(groups, true), v -> consumerGroupDescribe()));
  }

  @TestFactory
  Stream<DynamicTest> shouldAnswerInEveryVersion() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Case one : cases()) {
      for (short v = one.handler.minVersion(); v <= one.handler.maxVersion(); v++) {
        short version = v;
        tests.add(
            DynamicTest.dynamicTest(
                one.handler.key().name + " v" + version,
                () -> {
                  ApiMessage response =
                      TestRequest.ask(one.handler, image, version, one.request.apply(version));
                  assertThat(response.apiKey()).isEqualTo(one.handler.key().id);
                }));
      }
    }
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> shouldFailInEveryVersion() {
    controller.commit = Future.failedFuture(Errors.NOT_CONTROLLER.exception());
    groups.refusal = Errors.NOT_COORDINATOR;
    return shouldAnswerInEveryVersion();
  }

  @TestFactory
  Stream<DynamicTest> shouldServeAllStableVersions() {
    return cases().stream()
        .map(
            one ->
                DynamicTest.dynamicTest(
                    one.handler.key().name,
                    () -> {
                      assertThat(one.handler.minVersion())
                          .isEqualTo(one.handler.key().oldestVersion());
                      assertThat(one.handler.maxVersion())
                          .isEqualTo(one.handler.key().latestVersion(false));
                    }));
  }

  @Test
  void shouldHaveOneHandlerForEachKey() {
    assertThat(cases().stream().map(one -> one.handler.key())).doesNotHaveDuplicates().hasSize(21);
  }

  private static FindCoordinatorRequestData findCoordinator(short version) {
    FindCoordinatorRequestData request = new FindCoordinatorRequestData();
    return version >= 4
        ? request.setCoordinatorKeys(List.of("g", "h")).setKeyType((byte) (version >= 6 ? 2 : 0))
        : request.setKey("g").setKeyType((byte) (version == 2 ? 1 : 0));
  }

  private static ConsumerGroupHeartbeatRequestData consumerGroupHeartbeat(short version) {
    return new ConsumerGroupHeartbeatRequestData()
        .setGroupId("of consumers")
        .setMemberId("m" + version)
        .setMemberEpoch(0)
        .setRackId("rack")
        .setRebalanceTimeoutMs(30_000)
        .setSubscribedTopicNames(List.of(TOPIC))
        .setSubscribedTopicRegex(version >= 1 ? "o.*" : null)
        .setTopicPartitions(List.of());
  }

  private ConsumerGroupDescribeRequestData consumerGroupDescribe() {
    // One that exists, with a member, and one that does not.
    TestRequest.ask(
        new ConsumerGroupHeartbeatHandler(groups, true),
        image,
        (short) 1,
        consumerGroupHeartbeat((short) 1));
    return new ConsumerGroupDescribeRequestData()
        .setGroupIds(List.of("of consumers", "no"))
        .setIncludeAuthorizedOperations(true);
  }

  private static OffsetCommitRequestData offsetCommit(short version) {
    OffsetCommitRequestData request = new OffsetCommitRequestData().setGroupId("g");
    for (String name : List.of(TOPIC, "no")) {
      OffsetCommitRequestData.OffsetCommitRequestTopic topic =
          new OffsetCommitRequestData.OffsetCommitRequestTopic();
      if (version >= 10) {
        topic.setTopicId(WireIds.uuid(TestImage.idOf(name)));
      } else {
        topic.setName(name);
      }
      for (int partition : List.of(0, 1, 99)) {
        topic
            .partitions()
            .add(
                new OffsetCommitRequestData.OffsetCommitRequestPartition()
                    .setPartitionIndex(partition)
                    .setCommittedOffset(5)
                    .setCommittedLeaderEpoch(version >= 6 ? 3 : -1)
                    .setCommittedMetadata(partition == 0 ? "m" : "too long"));
      }
      request.topics().add(topic);
    }
    return request;
  }

  private static OffsetFetchRequestData offsetFetch(short version) {
    OffsetFetchRequestData request = new OffsetFetchRequestData().setRequireStable(version >= 7);
    if (version < 8) {
      return request
          .setGroupId("g")
          .setTopics(
              List.of(
                  new OffsetFetchRequestData.OffsetFetchRequestTopic()
                      .setName(TOPIC)
                      .setPartitionIndexes(List.of(0, 1))));
    }
    for (String group : List.of("g", "h")) {
      List<OffsetFetchRequestData.OffsetFetchRequestTopics> topics = new ArrayList<>();
      for (String name : List.of(TOPIC, "no")) {
        OffsetFetchRequestData.OffsetFetchRequestTopics topic =
            new OffsetFetchRequestData.OffsetFetchRequestTopics().setPartitionIndexes(List.of(0));
        topics.add(
            version >= 10
                ? topic.setTopicId(WireIds.uuid(TestImage.idOf(name)))
                : topic.setName(name));
      }
      request
          .groups()
          .add(
              new OffsetFetchRequestData.OffsetFetchRequestGroup()
                  .setGroupId(group)
                  .setTopics(topics));
    }
    request
        .groups()
        .add(new OffsetFetchRequestData.OffsetFetchRequestGroup().setGroupId("g").setTopics(null));
    return request;
  }

  private static OffsetDeleteRequestData offsetDelete() {
    OffsetDeleteRequestData request = new OffsetDeleteRequestData().setGroupId("g");
    for (String name : List.of(TOPIC, "no")) {
      request
          .topics()
          .add(
              new OffsetDeleteRequestData.OffsetDeleteRequestTopic()
                  .setName(name)
                  .setPartitions(
                      List.of(
                          new OffsetDeleteRequestData.OffsetDeleteRequestPartition()
                              .setPartitionIndex(0))));
    }
    return request;
  }

  private MetadataRequestData metadata(short version) {
    MetadataRequestData request = new MetadataRequestData();
    for (String name : List.of(TOPIC, "offline", "new", "bad name")) {
      request.topics().add(new MetadataRequestData.MetadataRequestTopic().setName(name));
    }
    if (version >= 12) {
      request
          .topics()
          .add(
              new MetadataRequestData.MetadataRequestTopic()
                  .setName(null)
                  .setTopicId(WireIds.uuid(TestImage.idOf("nobody"))));
    }
    return request
        .setIncludeTopicAuthorizedOperations(version >= 8)
        .setIncludeClusterAuthorizedOperations(version >= 8 && version <= 10);
  }

  private static DescribeClusterRequestData describeCluster(short version) {
    return new DescribeClusterRequestData()
        .setIncludeClusterAuthorizedOperations(true)
        .setIncludeFencedBrokers(version >= 2);
  }

  private static DescribeTopicPartitionsRequestData describeTopicPartitions() {
    return new DescribeTopicPartitionsRequestData().setResponsePartitionLimit(2);
  }

  private static CreateTopicsRequestData createTopics() {
    CreateTopicsRequestData request = new CreateTopicsRequestData().setTimeoutMs(1000);
    for (String name : List.of("a", REFUSED)) {
      CreateTopicsRequestData.CreatableTopic topic =
          new CreateTopicsRequestData.CreatableTopic()
              .setName(name)
              .setNumPartitions(1)
              .setReplicationFactor((short) 1);
      topic
          .configs()
          .add(
              new CreateTopicsRequestData.CreatableTopicConfig()
                  .setName("retention.ms")
                  .setValue("5"));
      request.topics().add(topic);
    }
    return request;
  }

  private static DeleteTopicsRequestData deleteTopics(short version) {
    DeleteTopicsRequestData request = new DeleteTopicsRequestData().setTimeoutMs(1000);
    if (version < 6) {
      return request.setTopicNames(List.of(TOPIC, REFUSED));
    }
    return request.setTopics(
        List.of(
            new DeleteTopicsRequestData.DeleteTopicState().setName(REFUSED),
            new DeleteTopicsRequestData.DeleteTopicState()
                .setTopicId(WireIds.uuid(TestImage.idOf(TOPIC)))));
  }

  private static CreatePartitionsRequestData createPartitions() {
    CreatePartitionsRequestData request = new CreatePartitionsRequestData().setTimeoutMs(1000);
    for (String name : List.of(TOPIC, REFUSED)) {
      request
          .topics()
          .add(
              new CreatePartitionsRequestData.CreatePartitionsTopic()
                  .setName(name)
                  .setCount(9)
                  .setAssignments(null));
    }
    return request;
  }

  private static DeleteRecordsRequestData deleteRecords() {
    DeleteRecordsRequestData request = new DeleteRecordsRequestData().setTimeoutMs(1000);
    for (String name : List.of(TOPIC, REFUSED, "no")) {
      request
          .topics()
          .add(
              new DeleteRecordsRequestData.DeleteRecordsTopic()
                  .setName(name)
                  .setPartitions(
                      List.of(
                          new DeleteRecordsRequestData.DeleteRecordsPartition()
                              .setPartitionIndex(0)
                              .setOffset(20))));
    }
    return request;
  }

  private static DescribeConfigsRequestData describeConfigs(short version) {
    DescribeConfigsRequestData request =
        new DescribeConfigsRequestData()
            .setIncludeSynonyms(true)
            .setIncludeDocumentation(version >= 3);
    for (String resource : List.of("2:t", "2:no", "4:1", "4:", "8:1", "99:x")) {
      String[] parts = resource.split(":", 2);
      request
          .resources()
          .add(
              new DescribeConfigsRequestData.DescribeConfigsResource()
                  .setResourceType(Byte.parseByte(parts[0]))
                  .setResourceName(parts[1])
                  .setConfigurationKeys(null));
    }
    return request;
  }

  private static IncrementalAlterConfigsRequestData incrementalAlterConfigs() {
    IncrementalAlterConfigsRequestData request = new IncrementalAlterConfigsRequestData();
    for (String name : List.of(TOPIC, REFUSED)) {
      IncrementalAlterConfigsRequestData.AlterConfigsResource resource =
          new IncrementalAlterConfigsRequestData.AlterConfigsResource()
              .setResourceType((byte) 2)
              .setResourceName(name);
      resource
          .configs()
          .add(
              new IncrementalAlterConfigsRequestData.AlterableConfig()
                  .setName("a")
                  .setConfigOperation((byte) 1)
                  .setValue(null));
      request.resources().add(resource);
    }
    return request;
  }

  private static AlterConfigsRequestData alterConfigs() {
    AlterConfigsRequestData request = new AlterConfigsRequestData();
    for (String name : List.of(TOPIC, REFUSED)) {
      AlterConfigsRequestData.AlterConfigsResource resource =
          new AlterConfigsRequestData.AlterConfigsResource()
              .setResourceType((byte) 2)
              .setResourceName(name);
      resource
          .configs()
          .add(new AlterConfigsRequestData.AlterableConfig().setName("a").setValue("1"));
      request.resources().add(resource);
    }
    return request;
  }

  private static ListOffsetsRequestData listOffsets(short version) {
    ListOffsetsRequestData request =
        new ListOffsetsRequestData().setIsolationLevel((byte) (version >= 2 ? 1 : 0));
    for (String name : List.of(TOPIC, REFUSED, "no")) {
      request
          .topics()
          .add(
              new ListOffsetsRequestData.ListOffsetsTopic()
                  .setName(name)
                  .setPartitions(
                      List.of(
                          new ListOffsetsRequestData.ListOffsetsPartition()
                              .setPartitionIndex(0)
                              .setTimestamp(-1))));
    }
    return request;
  }

  private static OffsetForLeaderEpochRequestData offsetForLeaderEpoch(short version) {
    OffsetForLeaderEpochRequestData request =
        new OffsetForLeaderEpochRequestData().setReplicaId(version >= 3 ? -1 : -2);
    for (String name : List.of(TOPIC, REFUSED, "no")) {
      request
          .topics()
          .add(
              new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic()
                  .setTopic(name)
                  .setPartitions(
                      List.of(
                          new OffsetForLeaderEpochRequestData.OffsetForLeaderPartition()
                              .setPartition(0)
                              .setLeaderEpoch(3))));
    }
    return request;
  }

  private static DescribeProducersRequestData describeProducers() {
    DescribeProducersRequestData request = new DescribeProducersRequestData();
    for (String name : List.of(TOPIC, REFUSED, "no")) {
      request
          .topics()
          .add(
              new DescribeProducersRequestData.TopicRequest()
                  .setName(name)
                  .setPartitionIndexes(List.of(0)));
    }
    return request;
  }
}
