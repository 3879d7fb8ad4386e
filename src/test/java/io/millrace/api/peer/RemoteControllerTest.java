package io.millrace.api.peer;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import io.millrace.api.FakeController;
import io.millrace.api.FakeQuorum;
import io.millrace.api.MovingImage;
import io.millrace.api.TestImage;
import io.millrace.api.configs.CommittedSettings;
import io.millrace.api.configs.LogbackLoggers;
import io.millrace.config.Settings;
import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.BrokerRegistration.Tails;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.ConfigOp;
import io.millrace.controller.Controller.ElectionType;
import io.millrace.controller.Controller.FeatureUpdate;
import io.millrace.controller.Controller.Heartbeat;
import io.millrace.controller.Controller.HeartbeatReply;
import io.millrace.controller.Controller.IsrChange;
import io.millrace.controller.Controller.IsrMember;
import io.millrace.controller.Controller.LogEnd;
import io.millrace.controller.Controller.NewPartitions;
import io.millrace.controller.Controller.NewTopic;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.ProducerIdBlock;
import io.millrace.controller.Controller.ReplicaReport;
import io.millrace.controller.Controller.TopicRef;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.FeatureRange;
import io.millrace.metadata.QuotaEntity;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.TopicId;
import io.millrace.model.TopicPartition;
import io.millrace.quorum.QuorumException;
import io.vertx.core.Future;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Both ends: what is asked arrives at the controller, and what it answers comes back. */
class RemoteControllerTest {
  private static final BrokerRegistration REGISTRATION =
      new BrokerRegistration(
          2,
          new UUID(1, 2),
          List.of(new UUID(3, 4)),
          List.of(new Endpoint("PLAINTEXT", "b2", 9092)),
          "rack",
          Map.of("metadata.version", new FeatureRange(1, 2)),
          17,
          Tails.MAY_BE_CUT,
          true,
          false);

  private final FakeController controller = new FakeController();
  private final FakeQuorum quorum = new FakeQuorum();
  private final MovingImage theirs = new MovingImage(TestImage.ofOne());
  private final MovingImage ours = new MovingImage(TestImage.ofOne());
  private final FakePeers peers =
      new FakePeers()
          .node(
              1,
              PeerHandlers.of(
                  controller,
                  quorum,
                  theirs,
                  new CommittedSettings(Settings.defaults(), 1),
                  new LogbackLoggers(new LoggerContext())));
  private int leader = 1;
  private final ControllerLink link = new ControllerLink(peers, () -> leader, ours);
  private final RemoteController remote = new RemoteController(link, 2, 1_000);
  private final RemoteQuorum remoteQuorum = new RemoteQuorum(link, 1_000);

  private static Errors errorOf(Future<?> failed) {
    assertThat(failed.failed()).isTrue();
    return ((QuorumException) failed.cause()).error();
  }

  @Test
  void shouldCreateTopics() {
    controller.refusals.put("b", new Outcome(Errors.POLICY_VIOLATION, "no"));
    NewTopic placed =
        new NewTopic("a", -1, (short) -1, Map.of(0, List.of(1, 2)), Map.of("retention.ms", "5"));

    var created =
        remote
            .createTopics(
                List.of(placed, new NewTopic("b", 3, (short) 2, Map.of(), Map.of())), true)
            .result();

    assertThat(controller.created)
        .containsExactly(placed, new NewTopic("b", 3, (short) 2, Map.of(), Map.of()));
    assertThat(controller.validatedOnly).isTrue();
    assertThat(created.get(0).outcome()).isEqualTo(Outcome.OK);
    assertThat(created.get(0).id()).isEqualTo(TestImage.idOf("a"));
    assertThat(created.get(0).partitions()).isEqualTo(1);
    assertThat(created.get(1).outcome()).isEqualTo(new Outcome(Errors.POLICY_VIOLATION, "no"));
  }

  @Test
  void shouldDeleteTopics() {
    TopicId id = new TopicId(4, 5);

    var deleted =
        remote
            .deleteTopics(List.of(new TopicRef("a", TopicId.ZERO), new TopicRef(null, id)))
            .result();

    assertThat(controller.deleted)
        .containsExactly(new TopicRef("a", TopicId.ZERO), new TopicRef(null, id));
    assertThat(deleted.get(0).name()).isEqualTo("a");
    assertThat(deleted.get(1).id()).isEqualTo(id);
  }

  @Test
  void shouldCreatePartitions() {
    NewPartitions placed = new NewPartitions("a", 2, List.of(List.of(1)));
    NewPartitions free = new NewPartitions("b", 4, null);

    var outcomes = remote.createPartitions(List.of(placed, free), false).result();

    assertThat(controller.grown).containsExactly(placed, free);
    assertThat(outcomes).containsOnlyKeys("a", "b");
  }

  @Test
  void shouldAlterConfigsOfAnyBroker() {
    Map<ConfigResource, List<ConfigOp>> changes =
        Map.of(
            ConfigResource.broker(2),
            List.of(new ConfigOp(ConfigOp.Op.SET, "log.retention.ms", "5")),
            ConfigResource.brokerDefault(),
            List.of(new ConfigOp(ConfigOp.Op.DELETE, "log.retention.ms", null)),
            ConfigResource.topic("a"),
            List.of(new ConfigOp(ConfigOp.Op.APPEND, "cleanup.policy", "compact")),
            ConfigResource.group("g"),
            List.of(new ConfigOp(ConfigOp.Op.SUBTRACT, "x", "y")));

    var outcomes = remote.incrementalAlterConfigs(changes, false).result();

    assertThat(controller.changed).isEqualTo(changes);
    assertThat(outcomes).hasSize(4).containsValue(Outcome.OK);
  }

  @Test
  void shouldAlterQuotas() {
    peers.image.feature("metadata.version", 4);
    QuotaEntity both = new QuotaEntity(QuotaEntity.Name.DEFAULT, new QuotaEntity.Name("c"), null);
    QuotaEntity ip = QuotaEntity.ip("10.0.0.1");
    Map<String, Double> removal = new HashMap<>();
    removal.put("request_percentage", null);
    Map<QuotaEntity, Map<String, Double>> changes = new LinkedHashMap<>();
    changes.put(both, removal);
    changes.put(ip, Map.of("connection_creation_rate", 2.0));
    controller.refusals.put(ip.toString(), new Outcome(Errors.INVALID_REQUEST, "no"));

    var outcomes = remote.alterClientQuotas(changes, true).result();

    assertThat(controller.quotas).isEqualTo(changes);
    assertThat(controller.validatedOnly).isTrue();
    assertThat(outcomes)
        .isEqualTo(Map.of(both, Outcome.OK, ip, new Outcome(Errors.INVALID_REQUEST, "no")));
  }

  @Test
  void shouldReplaceConfigs() {
    var configs = Map.of(ConfigResource.broker(2), Map.of("a", "1"));

    assertThat(remote.alterConfigs(configs, true).result())
        .containsEntry(ConfigResource.broker(2), Outcome.OK);
    assertThat(controller.replaced).isEqualTo(configs);
  }

  @Test
  void shouldAllocateProducerIds() {
    controller.blocks = () -> Future.succeededFuture(new ProducerIdBlock(5_000, 1_000));

    assertThat(remote.allocateProducerIds().result()).isEqualTo(new ProducerIdBlock(5_000, 1_000));
  }

  @Test
  void shouldRegisterWithAllThatTheControllerMustKnow() {
    var registered = remote.registerBroker(REGISTRATION).result();

    assertThat(controller.registered).containsExactly(REGISTRATION);
    assertThat(registered.epoch()).isEqualTo(7);
  }

  @Test
  void shouldSayWhyARegistrationIsRefused() {
    controller.registering = new Outcome(Errors.DUPLICATE_BROKER_REGISTRATION, "it is alive");

    var registered = remote.registerBroker(REGISTRATION).result();

    assertThat(registered.outcome()).isEqualTo(controller.registering);
    assertThat(registered.epoch()).isEqualTo(-1);
  }

  @Test
  void shouldSendHeartbeatsOnALaneOfTheirOwn() {
    Heartbeat heartbeat = new Heartbeat(2, 7, 40, true, false);

    assertThat(remote.heartbeat(heartbeat).result())
        .isEqualTo(new HeartbeatReply(Outcome.OK, true, false, false));
    assertThat(controller.heartbeats).containsExactly(heartbeat);
    assertThat(peers.asked).containsExactly("1 heartbeat BrokerHeartbeat");
  }

  @Test
  void shouldAlterPartitionsAndAnswerInTheirOrder() {
    TopicId a = new TopicId(1, 1);
    TopicId b = new TopicId(2, 2);
    List<IsrChange> changes =
        List.of(
            new IsrChange(a, 0, 3, 5, List.of(new IsrMember(2, 7), new IsrMember(1, -1))),
            new IsrChange(b, 1, 3, 5, List.of(new IsrMember(2, 7))),
            new IsrChange(a, 2, 4, 6, List.of(new IsrMember(2, 7))));
    controller.refusals.put("isr-1", new Outcome(Errors.FENCED_LEADER_EPOCH, "late"));

    var reply = remote.alterPartitions(2, 7, changes).result();

    assertThat(reply.outcome()).isEqualTo(Outcome.OK);
    assertThat(reply.partitions()).extracting("topicId").containsExactly(a, b, a);
    assertThat(reply.partitions()).extracting("partition").containsExactly(0, 1, 2);
    assertThat(reply.partitions().get(0).isr()).containsExactly(2, 1);
    assertThat(reply.partitions().get(0).partitionEpoch()).isEqualTo(6);
    assertThat(reply.partitions().get(1).outcome())
        .isEqualTo(new Outcome(Errors.FENCED_LEADER_EPOCH, "late"));
  }

  @Test
  void shouldReportReplicas() {
    TopicId a = new TopicId(1, 1);
    TopicId b = new TopicId(1, 2);
    List<ReplicaReport> reports =
        List.of(
            new ReplicaReport(a, 0, ReplicaCondition.ONLINE),
            new ReplicaReport(a, 1, ReplicaCondition.OFFLINE),
            new ReplicaReport(b, 0, ReplicaCondition.OFFLINE),
            new ReplicaReport(a, 2, ReplicaCondition.FULL));

    assertThat(remote.reportReplicas(2, 7, reports).result()).isEqualTo(Outcome.OK);
    controller.refusals.put("report", new Outcome(Errors.STALE_BROKER_EPOCH, "old"));
    assertThat(remote.reportReplicas(2, 7, List.of()).result())
        .isEqualTo(new Outcome(Errors.STALE_BROKER_EPOCH, "old"));

    assertThat(controller.reported).isEqualTo(reports);
  }

  @Test
  void shouldReportHowFarLogsReach() {
    List<LogEnd> ends =
        List.of(
            new LogEnd(new TopicId(1, -2), 0, 3, 2, 1L << 40),
            new LogEnd(new TopicId(3, 4), 7, 1, -1, 0));

    assertThat(remote.reportLogEnds(2, 7, ends).result()).isEqualTo(Outcome.OK);

    assertThat(controller.logEnds).containsExactly("2 7 " + ends);
    assertThat(peers.asked).containsExactly("1 data AlterPartition");
  }

  @Test
  void shouldRefuseToHearOfTooManyLogs() {
    LogEnd end = new LogEnd(new TopicId(1, 2), 0, 3, 2, 5);
    List<LogEnd> ends = Collections.nCopies(Controller.MAX_LOG_ENDS + 1, end);

    Outcome outcome = remote.reportLogEnds(2, 7, ends).result();

    assertThat(outcome.error()).isEqualTo(Errors.INVALID_REQUEST);
    assertThat(outcome.message()).contains("at most 2000 logs");
    assertThat(controller.logEnds).isEmpty();
  }

  @Test
  void shouldElectLeaders() {
    TopicPartition partition = new TopicPartition("a", 1);

    assertThat(remote.electLeaders(ElectionType.UNCLEAN, Set.of(partition)).result())
        .containsExactly(Map.entry(partition, Outcome.OK));
    assertThat(remote.electLeaders(ElectionType.PREFERRED, null).result()).isEmpty();
    assertThat(controller.elections).containsExactly("UNCLEAN [a-1]", "PREFERRED null");
  }

  @Test
  void shouldBeginAndCancelReassignments() {
    TopicPartition begun = new TopicPartition("a", 1);
    TopicPartition cancelled = new TopicPartition("b", 0);
    Map<TopicPartition, List<Integer>> wanted = new LinkedHashMap<>();
    wanted.put(begun, List.of(2, 3));
    wanted.put(cancelled, null);
    controller.refusals.put("b", new Outcome(Errors.NO_REASSIGNMENT_IN_PROGRESS, "no"));

    assertThat(remote.alterPartitionReassignments(wanted, false).result())
        .containsEntry(begun, Outcome.OK)
        .containsEntry(cancelled, new Outcome(Errors.NO_REASSIGNMENT_IN_PROGRESS, "no"));
    assertThat(controller.reassignments).isEqualTo(wanted);
    assertThat(controller.factorChangeAllowed).isFalse();
  }

  @Test
  void shouldUnregisterBrokers() {
    controller.refusals.put("9", new Outcome(Errors.BROKER_ID_NOT_REGISTERED, "who?"));

    assertThat(remote.unregisterBroker(8).result()).isEqualTo(Outcome.OK);
    assertThat(remote.unregisterBroker(9).result())
        .isEqualTo(new Outcome(Errors.BROKER_ID_NOT_REGISTERED, "who?"));
  }

  @Test
  void shouldUpdateFeatures() {
    FeatureUpdate down = new FeatureUpdate(1, FeatureUpdate.Direction.UNSAFE_DOWNGRADE);
    controller.refusals.put("b", new Outcome(Errors.FEATURE_UPDATE_FAILED, "node 3 cannot"));

    assertThat(remote.updateFeatures(Map.of("a", down), true).result())
        .containsEntry("a", Outcome.OK);
    assertThat(controller.features).containsEntry("a", down);
    assertThat(controller.validatedOnly).isTrue();
    assertThat(remote.updateFeatures(Map.of("b", down), true).result())
        .containsEntry("b", new Outcome(Errors.FEATURE_UPDATE_FAILED, "node 3 cannot"));
  }

  @Test
  void shouldDescribeTheQuorum() {
    assertThat(remoteQuorum.describe().result()).isEqualTo(quorum.description);
  }

  @Test
  void shouldChangeTheVoters() {
    remoteQuorum.addVoter(FakeQuorum.voter(3));
    remoteQuorum.removeVoter(FakeQuorum.voter(2));
    remoteQuorum.transferLeadership(3);

    assertThat(quorum.asked)
        .containsExactly(
            "add " + FakeQuorum.voter(3), "remove " + FakeQuorum.voter(2), "transfer 3");
  }

  @Test
  void shouldLetNothingWaitForAVoterThatCatchesUp() {
    remoteQuorum.addVoter(FakeQuorum.voter(3));
    remoteQuorum.removeVoter(FakeQuorum.voter(2));
    remoteQuorum.transferLeadership(3);
    remoteQuorum.describe();
    remote.unregisterBroker(8);

    assertThat(peers.asked)
        .containsExactly(
            "1 quorum AddRaftVoter",
            "1 quorum RemoveRaftVoter",
            "1 quorum ElectLeaders",
            "1 control DescribeQuorum",
            "1 control UnregisterBroker");
  }

  @Test
  void shouldPassOnWhyTheVotersAreNotChanged() {
    quorum.refusal = new QuorumException(Errors.VOTER_NOT_FOUND, "node 3 does not vote");

    assertThat(remoteQuorum.removeVoter(FakeQuorum.voter(3)).cause())
        .isInstanceOf(QuorumException.class)
        .hasMessage("node 3 does not vote");
    assertThat(errorOf(remoteQuorum.transferLeadership(3))).isEqualTo(Errors.VOTER_NOT_FOUND);
  }

  @Test
  void shouldFailWithoutAController() {
    leader = -1;

    assertThat(errorOf(remote.allocateProducerIds())).isEqualTo(Errors.NOT_CONTROLLER);
    assertThat(peers.asked).isEmpty();
  }

  @Test
  void shouldFailWhenTheOtherNodeIsNoController() {
    controller.commit = Future.failedFuture(new QuorumException(Errors.NOT_CONTROLLER, "not me"));
    quorum.refusal = new QuorumException(Errors.NOT_CONTROLLER, "not me");
    NewTopic topic = new NewTopic("a", 1, (short) 1, Map.of(), Map.of());

    assertThat(
            List.of(
                remote.createTopics(List.of(topic), false),
                remote.deleteTopics(List.of(new TopicRef("a", TopicId.ZERO))),
                remote.createPartitions(List.of(new NewPartitions("a", 2, null)), false),
                remote.alterConfigs(Map.of(ConfigResource.topic("a"), Map.of()), false),
                remote.incrementalAlterConfigs(Map.of(ConfigResource.topic("a"), List.of()), false),
                remote.allocateProducerIds(),
                remote.registerBroker(REGISTRATION),
                remote.heartbeat(new Heartbeat(2, 7, 0, false, false)),
                remote.alterPartitions(2, 7, List.of()),
                remote.reportReplicas(2, 7, List.of()),
                remote.electLeaders(ElectionType.PREFERRED, null),
                remote.alterPartitionReassignments(Map.of(), true),
                remote.unregisterBroker(3),
                remote.updateFeatures(Map.of(), false),
                remoteQuorum.describe(),
                remoteQuorum.addVoter(FakeQuorum.voter(3)),
                remoteQuorum.removeVoter(FakeQuorum.voter(2)),
                remoteQuorum.transferLeadership(3)))
        .allSatisfy(failed -> assertThat(errorOf(failed)).isEqualTo(Errors.NOT_CONTROLLER));
  }

  @Test
  void shouldFailWhenTheControllerCannotBeReached() {
    peers.unreachable.add(1);

    Future<?> failed = remote.unregisterBroker(3);

    assertThat(errorOf(failed)).isEqualTo(Errors.NOT_CONTROLLER);
    assertThat(failed.cause()).hasMessageContaining("node 1: nobody listens");
  }

  @Test
  void shouldCompleteOnceTheOwnImageHasIt() {
    theirs.publish(TestImage.ofOne().offset(50));

    Future<?> created = remote.unregisterBroker(3);
    ours.publish(TestImage.ofOne().offset(49));
    boolean early = created.isComplete();
    ours.publish(TestImage.ofOne().offset(50));

    assertThat(early).isFalse();
    assertThat(created.succeeded()).isTrue();
  }
}
