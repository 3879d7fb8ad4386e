package io.millrace.api;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import io.millrace.api.acls.CreateAclsHandler;
import io.millrace.api.acls.DeleteAclsHandler;
import io.millrace.api.acls.DescribeAclsHandler;
import io.millrace.api.cluster.AlterPartitionReassignmentsHandler;
import io.millrace.api.cluster.DescribeClusterHandler;
import io.millrace.api.cluster.DescribeTopicPartitionsHandler;
import io.millrace.api.cluster.ElectLeadersHandler;
import io.millrace.api.cluster.ListPartitionReassignmentsHandler;
import io.millrace.api.cluster.MetadataHandler;
import io.millrace.api.cluster.UnregisterBrokerHandler;
import io.millrace.api.cluster.UpdateFeaturesHandler;
import io.millrace.api.configs.AlterConfigsHandler;
import io.millrace.api.configs.CommittedSettings;
import io.millrace.api.configs.DescribeConfigsHandler;
import io.millrace.api.configs.IncrementalAlterConfigsHandler;
import io.millrace.api.configs.ListConfigResourcesHandler;
import io.millrace.api.configs.LogbackLoggers;
import io.millrace.api.coordinators.CoordinatorTopic;
import io.millrace.api.coordinators.FindCoordinatorHandler;
import io.millrace.api.groups.ConsumerGroupDescribeHandler;
import io.millrace.api.groups.ConsumerGroupHeartbeatHandler;
import io.millrace.api.groups.OffsetCommitHandler;
import io.millrace.api.groups.OffsetDeleteHandler;
import io.millrace.api.groups.OffsetFetchHandler;
import io.millrace.api.groups.TxnOffsetCommitHandler;
import io.millrace.api.logs.DescribeLogDirsHandler;
import io.millrace.api.logs.LogDirs.LogDir;
import io.millrace.api.offsets.ListOffsetsHandler;
import io.millrace.api.offsets.OffsetForLeaderEpochHandler;
import io.millrace.api.peer.PeerHandlers;
import io.millrace.api.producers.DescribeProducersHandler;
import io.millrace.api.producers.InitProducerIdHandler;
import io.millrace.api.producers.ProducerIdAllocator;
import io.millrace.api.quorum.AddRaftVoterHandler;
import io.millrace.api.quorum.DescribeQuorumHandler;
import io.millrace.api.quorum.RemoveRaftVoterHandler;
import io.millrace.api.telemetry.ClientTelemetry;
import io.millrace.api.telemetry.GetTelemetrySubscriptionsHandler;
import io.millrace.api.telemetry.PushTelemetryHandler;
import io.millrace.api.topics.CreatePartitionsHandler;
import io.millrace.api.topics.CreateTopicsHandler;
import io.millrace.api.topics.DeleteRecordsHandler;
import io.millrace.api.topics.DeleteTopicsHandler;
import io.millrace.api.transactions.AddOffsetsToTxnHandler;
import io.millrace.api.transactions.AddPartitionsToTxnHandler;
import io.millrace.api.transactions.DescribeTransactionsHandler;
import io.millrace.api.transactions.EndTxnHandler;
import io.millrace.api.transactions.ListTransactionsHandler;
import io.millrace.api.transactions.WriteTxnMarkersHandler;
import io.millrace.config.Settings;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.ProducerIdBlock;
import io.millrace.coordinator.group.OffsetConfig;
import io.millrace.coordinator.group.TestGroupCoordinator;
import io.millrace.coordinator.group.consumer.ConsumerGroupConfig;
import io.millrace.coordinator.group.consumer.MigrationPolicy;
import io.millrace.coordinator.transaction.TestTransactionCoordinator;
import io.millrace.log.ActiveProducer;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.PartitionImage;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.partition.FetchAsk;
import io.millrace.partition.FetchRead;
import io.millrace.partition.ProduceAppend;
import io.millrace.partition.Replica;
import io.millrace.partition.TransactionVerifier;
import io.millrace.quorum.QuorumException;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AllocateProducerIdsRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.GetTelemetrySubscriptionsRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.PushTelemetryRequestData;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
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
  private final FakePartitions partitions = new FakePartitions();
  private final FakeController controller = new FakeController();
  private final FakeQuorum quorum = new FakeQuorum();
  private final TestImage image =
      TestImage.ofOne()
          .broker(2, new Endpoint("PLAINTEXT", "b2", 9092), "rack", true)
          .topic(SampleRequests.TOPIC, 2)
          .topic(SampleRequests.REFUSED, 1)
          .topic(CoordinatorTopic.OFFSETS, 3)
          .topic("offline", new PartitionImage(0, List.of(1, 2), List.of(2), List.of(1), -1, 8, 9));
  private final MovingImage images = new MovingImage(image);

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

  private final TestTransactionCoordinator transactions = new TestTransactionCoordinator(image);
  private final ProducerIdAllocator ids = new ProducerIdAllocator(new InlineLoop(), controller);

  private final ClientTelemetry telemetry =
      new ClientTelemetry(
          new ClientTelemetry.Parts(
              new InlineLoop(), Runnable::run, Clock.SYSTEM, 1 << 20, Metrics.NONE));

  private CoordinatorTopic topic(String name) {
    return new CoordinatorTopic(
        controller, name, new CoordinatorTopic.Shape(50, (short) 3, 1 << 20, Map.of()));
  }

  /** Leads nothing. */
  private static final class NoReplica implements Replica {
    @Override
    public void append(ProduceAppend append) {
      throw new AssertionError("Nothing is produced");
    }

    @Override
    public void read(FetchRead reader, FetchAsk ask) {
      throw new AssertionError("Nothing is fetched");
    }

    @Override
    public void unwatch(FetchRead reader) {
      throw new AssertionError("Nothing is fetched");
    }
  }

  private record Case(RequestHandler handler, Function<Short, ApiMessage> request) {}

  private List<Case> cases() {
    partitions.add(SampleRequests.TOPIC, 0).producers =
        List.of(new ActiveProducer(1, (short) 2, 3, 4, 5, 6));
    partitions.add(SampleRequests.REFUSED, 0).error = Errors.NOT_LEADER_OR_FOLLOWER;
    partitions.all().forEach(each -> ((FakePartitions.Fake) each).replica = new NoReplica());
    controller.refusals.put(SampleRequests.REFUSED, new Outcome(Errors.POLICY_VIOLATION, "no"));
    controller.blocks = () -> Future.succeededFuture(new ProducerIdBlock(1, 1000));
    LocalPartitions local = new LocalPartitions(partitions);
    CommittedSettings settings = new CommittedSettings(Settings.defaults(), 1);
    LogbackLoggers loggers = new LogbackLoggers(new LoggerContext());
    List<Case> cases = new ArrayList<>(ofTheController());
    cases.addAll(
        List.of(
            new Case(
                new MetadataHandler(controller, images, true, TestImage.IN_TOUCH, settings),
                SampleRequests::metadata),
            new Case(
                new DescribeClusterHandler(TestImage.IN_TOUCH), SampleRequests::describeCluster),
            new Case(
                new DescribeTopicPartitionsHandler(2000, TestImage.IN_TOUCH),
                v -> SampleRequests.describeTopicPartitions()),
            new Case(
                new CreateTopicsHandler(controller, settings), v -> SampleRequests.createTopics()),
            new Case(new DeleteTopicsHandler(controller), SampleRequests::deleteTopics),
            new Case(
                new CreatePartitionsHandler(controller), v -> SampleRequests.createPartitions()),
            new Case(new DeleteRecordsHandler(local), v -> SampleRequests.deleteRecords()),
            new Case(
                new ListConfigResourcesHandler(), version -> new ListConfigResourcesRequestData()),
            new Case(
                new DescribeConfigsHandler(settings, loggers), SampleRequests::describeConfigs),
            new Case(
                new IncrementalAlterConfigsHandler(controller, 1, loggers),
                v -> SampleRequests.incrementalAlterConfigs()),
            new Case(new AlterConfigsHandler(controller, 1), v -> SampleRequests.alterConfigs()),
            new Case(new DescribeAclsHandler(), v -> SampleRequests.describeAcls()),
            new Case(new CreateAclsHandler(), v -> SampleRequests.createAcls()),
            new Case(new DeleteAclsHandler(), v -> SampleRequests.deleteAcls()),
            new Case(new ListOffsetsHandler(local), SampleRequests::listOffsets),
            new Case(new OffsetForLeaderEpochHandler(local), SampleRequests::offsetForLeaderEpoch),
            new Case(
                new DescribeLogDirsHandler(
                    () ->
                        Future.succeededFuture(
                            List.of(
                                new LogDir("/data/a", true, 10, 5),
                                new LogDir("/data/b", false, -1, -1))),
                    partitions,
                    List::of),
                v -> new DescribeLogDirsRequestData().setTopics(null)),
            new Case(
                new GetTelemetrySubscriptionsHandler(telemetry, 1 << 20),
                v -> new GetTelemetrySubscriptionsRequestData()),
            new Case(
                new PushTelemetryHandler(telemetry),
                v -> new PushTelemetryRequestData().setClientInstanceId(new Uuid(1, 2))),
            new Case(new DescribeProducersHandler(local), v -> SampleRequests.describeProducers()),
            new Case(
                new InitProducerIdHandler(ids, transactions, false),
                v -> new InitProducerIdRequestData().setTransactionalId(null)),
            new Case(
                new FindCoordinatorHandler(
                    topic(CoordinatorTopic.OFFSETS),
                    topic(CoordinatorTopic.TRANSACTIONS),
                    images,
                    TestImage.IN_TOUCH),
                SampleCoordinatorRequests::findCoordinator),
            new Case(
                new OffsetCommitHandler(groups, amount -> {}),
                SampleCoordinatorRequests::offsetCommit),
            new Case(new OffsetFetchHandler(groups), SampleCoordinatorRequests::offsetFetch),
            new Case(
                new OffsetDeleteHandler(groups), v -> SampleCoordinatorRequests.offsetDelete()),
            new Case(
                new TxnOffsetCommitHandler(
                    groups, TransactionVerifier.NONE, Clock.SYSTEM, 1_000, amount -> {}),
                SampleCoordinatorRequests::txnOffsetCommit),
            new Case(
                new AddPartitionsToTxnHandler(transactions),
                SampleCoordinatorRequests::addPartitionsToTxn),
            new Case(
                new AddOffsetsToTxnHandler(transactions, topic(CoordinatorTopic.OFFSETS), images),
                v -> SampleCoordinatorRequests.addOffsetsToTxn()),
            new Case(new EndTxnHandler(transactions, ids), v -> SampleCoordinatorRequests.endTxn()),
            new Case(
                new WriteTxnMarkersHandler(local, 500), SampleCoordinatorRequests::writeTxnMarkers),
            new Case(
                new DescribeTransactionsHandler(transactions),
                v -> SampleCoordinatorRequests.describeTransactions()),
            new Case(
                new ListTransactionsHandler(transactions),
                SampleCoordinatorRequests::listTransactions),
            new Case(
                new ConsumerGroupHeartbeatHandler(groups, true),
                SampleCoordinatorRequests::consumerGroupHeartbeat),
            new Case(
                new ConsumerGroupDescribeHandler(groups, true), v -> consumerGroupDescribe())));
    return cases;
  }

  private List<Case> ofTheController() {
    Map<ApiKeys, RequestHandler> ofPeers = new EnumMap<>(ApiKeys.class);
    PeerHandlers.of(
            controller,
            quorum,
            images,
            new CommittedSettings(Settings.defaults(), 1),
            new LogbackLoggers(new LoggerContext()))
        .forEach(handler -> ofPeers.put(handler.key(), handler));
    return List.of(
        new Case(
            new ApiVersionsHandler(() -> new RequestRouter(List.of())),
            v -> SampleRequests.apiVersions(v)),
        new Case(new DescribeQuorumHandler(quorum), v -> SampleRequests.describeQuorum()),
        new Case(new AddRaftVoterHandler(quorum), v -> SampleRequests.addRaftVoter()),
        new Case(new RemoveRaftVoterHandler(quorum), v -> SampleRequests.removeRaftVoter()),
        new Case(new ElectLeadersHandler(controller, quorum), v -> SampleRequests.electLeaders()),
        new Case(
            new AlterPartitionReassignmentsHandler(controller),
            v -> SampleRequests.alterPartitionReassignments()),
        new Case(
            new ListPartitionReassignmentsHandler(),
            v -> SampleRequests.listPartitionReassignments()),
        new Case(
            new UnregisterBrokerHandler(controller),
            v -> new UnregisterBrokerRequestData().setBrokerId(2)),
        new Case(new UpdateFeaturesHandler(controller), SampleRequests::updateFeatures),
        new Case(ofPeers.get(ApiKeys.BROKER_REGISTRATION), SampleRequests::brokerRegistration),
        new Case(ofPeers.get(ApiKeys.BROKER_HEARTBEAT), v -> SampleRequests.brokerHeartbeat()),
        new Case(ofPeers.get(ApiKeys.ALTER_PARTITION), SampleRequests::alterPartition),
        new Case(
            ofPeers.get(ApiKeys.ASSIGN_REPLICAS_TO_DIRS),
            v -> SampleRequests.assignReplicasToDirs()),
        new Case(
            ofPeers.get(ApiKeys.ALLOCATE_PRODUCER_IDS),
            v -> new AllocateProducerIdsRequestData().setBrokerId(2)));
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
    transactions.refusal = Errors.NOT_COORDINATOR;
    quorum.refusal = new QuorumException(Errors.NOT_CONTROLLER, "no");
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
    assertThat(cases().stream().map(one -> one.handler.key())).doesNotHaveDuplicates().hasSize(48);
  }

  private ConsumerGroupDescribeRequestData consumerGroupDescribe() {
    // One that exists, with a member, and one that does not.
    TestRequest.ask(
        new ConsumerGroupHeartbeatHandler(groups, true),
        image,
        (short) 1,
        SampleCoordinatorRequests.consumerGroupHeartbeat((short) 1));
    return new ConsumerGroupDescribeRequestData()
        .setGroupIds(List.of("of consumers", "no"))
        .setIncludeAuthorizedOperations(true);
  }
}
