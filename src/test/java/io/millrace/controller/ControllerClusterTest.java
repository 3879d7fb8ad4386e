package io.millrace.controller;

import static io.millrace.controller.ControllerFixture.await;
import static io.millrace.controller.ControllerFixture.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.controller.BrokerRegistration.Tails;
import io.millrace.controller.Controller.ConfigOp;
import io.millrace.controller.Controller.FeatureUpdate;
import io.millrace.controller.Controller.Heartbeat;
import io.millrace.controller.Controller.HeartbeatReply;
import io.millrace.controller.Controller.Registered;
import io.millrace.controller.Controller.TopicRef;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.QuotaEntity;
import io.millrace.model.ManualClock;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Several controllers over one log. */
class ControllerClusterTest {
  private static final String CLUSTER = "abcdefghijklmnopqrstuv";
  private static final long SESSION_MS = 60;

  private final Vertx vertx = Vertx.vertx();
  private final SharedQuorum quorum = new SharedQuorum();
  private final Map<Integer, ControllerVerticle> nodes = new HashMap<>();
  private final ManualClock clock = new ManualClock();
  private int incarnations;

  @AfterEach
  void close() {
    await(vertx.close());
  }

  private static ClusterConfig cluster(int metadataVersion) {
    return new ClusterConfig(
        SESSION_MS, true, 60_000, 10, Map.of("__consumer_offsets", 3), metadataVersion);
  }

  private ControllerVerticle start(int nodeId, String clusterId, int metadataVersion) {
    ControllerVerticle node =
        new ControllerVerticle(
            new ControllerConfig(nodeId, clusterId, 1, (short) 1, true, cluster(metadataVersion)),
            ControllerFixture.RULES,
            quorum.opener(nodeId),
            new Random(nodeId),
            clock);
    await(vertx.deployVerticle(node));
    nodes.put(nodeId, node);
    return node;
  }

  private void startThree() {
    for (int nodeId = 1; nodeId <= 3; nodeId++) {
      start(nodeId, CLUSTER, MetadataVersion.NEWEST);
    }
    quorum.lead(1);
    await(nodes.get(1).known());
  }

  private MetadataImage image(int nodeId) {
    return (MetadataImage) nodes.get(nodeId).images().image();
  }

  private Registered register(int through, int nodeId, int metadataVersion) {
    return await(
        nodes
            .get(through)
            .registerBroker(
                new BrokerRegistration(
                    nodeId,
                    new UUID(0, ++incarnations),
                    List.of(new UUID(1, nodeId)),
                    List.of(),
                    null,
                    cluster(metadataVersion).features(),
                    -1,
                    Tails.WHOLE,
                    true,
                    true)));
  }

  private HeartbeatReply heartbeat(int through, int nodeId) {
    MetadataImage image = image(through);
    return await(
        nodes
            .get(through)
            .heartbeat(
                new Heartbeat(
                    nodeId, image.brokers().get(nodeId).epoch(), image.offset(), false, false)));
  }

  private void serve(int through, int nodeId) {
    register(through, nodeId, MetadataVersion.NEWEST);
    heartbeat(through, nodeId);
  }

  private boolean fenced(int through, int nodeId) {
    return image(through).brokers().get(nodeId).fenced();
  }

  private void until(BooleanSupplier condition) {
    long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadlineNs);
      await(vertx.timer(2, TimeUnit.MILLISECONDS));
    }
  }

  private static Errors failure(Future<?> command) {
    await(command.otherwiseEmpty());
    assertThat(command.cause()).isInstanceOf(QuorumException.class);
    return ((QuorumException) command.cause()).error();
  }

  @Test
  void shouldShowTheSameImageOnEveryNode() {
    startThree();
    serve(1, 1);
    await(nodes.get(1).createTopics(List.of(topic("a", 4)), false));
    for (int nodeId = 1; nodeId <= 3; nodeId++) {
      int at = nodeId;
      until(() -> image(at).topic("a") != null);
      assertThat(image(nodeId).sameContent(image(1))).isTrue();
      assertThat(image(nodeId).controllerId()).isEqualTo(1);
      assertThat(image(nodeId).clusterId()).isEqualTo(CLUSTER);
    }
  }

  @Test
  void shouldSayThatItIsNotTheController() {
    startThree();
    assertThat(failure(nodes.get(2).createTopics(List.of(topic("a")), false)))
        .isEqualTo(Errors.NOT_CONTROLLER);
    assertThat(nodes.get(2).figures().active()).isFalse();
    assertThat(nodes.get(1).figures().active()).isTrue();
  }

  @Test
  void shouldFenceABrokerThatItDoesNotHearOf() {
    startThree();
    serve(1, 1);
    serve(1, 2);
    serve(1, 3);
    assertThat(fenced(1, 2)).isFalse();
    clock.advanceMs(SESSION_MS / 2);
    heartbeat(1, 3);
    clock.advanceMs(SESSION_MS / 2);
    until(() -> fenced(1, 2));
    assertThat(fenced(1, 3)).isFalse();
    assertThat(fenced(1, 1)).as("its own").isFalse();
    assertThat(nodes.get(1).figures().fencedBrokers()).isEqualTo(1);
    assertThat(heartbeat(1, 2).fenced()).isFalse();
  }

  @Test
  void shouldFenceABrokerAtOnceWhoseProcessIsGone() {
    startThree();
    serve(1, 1);
    serve(1, 2);
    serve(1, 3);
    nodes.get(1).onMemberGone(2, false);
    nodes.get(1).onMemberGone(3, true);
    until(() -> fenced(1, 3));
    assertThat(fenced(1, 2)).isFalse();
  }

  /** The membership says it again and again, while its view differs from what is heard. */
  @Test
  void shouldWarnOnceAMinuteOfABrokerThatIsNoMemberAndGoesOnBeating() {
    startThree();
    serve(1, 1);
    serve(1, 2);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    Logger logger = (Logger) LoggerFactory.getLogger(ControllerVerticle.class);
    log.start();
    logger.addAppender(log);
    try {
      for (int i = 0; i < 20; i++) {
        nodes.get(1).onMemberGone(2, false);
      }
      heartbeat(1, 2);
    } finally {
      logger.detachAppender(log);
    }

    assertThat(log.list)
        .filteredOn(event -> event.getFormattedMessage().contains("no longer a member"))
        .singleElement()
        .satisfies(event -> assertThat(event.getLevel()).isEqualTo(Level.WARN));
    assertThat(fenced(1, 2)).isFalse();
  }

  @Test
  void shouldFenceNobodyBecauseTheControllerChanged() {
    startThree();
    serve(1, 1);
    serve(1, 2);
    serve(1, 3);
    clock.advanceMs(SESSION_MS - 1);
    quorum.lead(2);
    until(() -> nodes.get(2).figures().active());
    clock.advanceMs(SESSION_MS - 1);
    register(2, 2, MetadataVersion.NEWEST);
    heartbeat(2, 3);
    assertThat(fenced(2, 1)).isFalse();
    clock.advanceMs(1);
    until(() -> fenced(2, 1));
    assertThat(fenced(2, 3)).isFalse();
  }

  @Test
  void shouldCountTheSilenceOfTheControllerBeforeThatIsGone() {
    startThree();
    serve(1, 1);
    serve(1, 2);
    serve(1, 3);

    quorum.leadAfter(SESSION_MS / 4, 2);
    until(() -> nodes.get(2).figures().active());

    clock.advanceMs(SESSION_MS * 3 / 4);
    until(() -> fenced(2, 1));
    assertThat(fenced(2, 3)).isFalse();
  }

  @Test
  void shouldGiveTheControllerBeforeTimeToBeHeardOf() {
    startThree();
    serve(1, 1);
    serve(1, 2);
    serve(1, 3);

    // There was no majority for long.
    quorum.leadAfter(SESSION_MS * 100, 2);
    until(() -> nodes.get(2).figures().active());

    clock.advanceMs(SESSION_MS * 2 / 3 - 1);
    serve(2, 3);
    assertThat(fenced(2, 1)).isFalse();
    clock.advanceMs(1);
    until(() -> fenced(2, 1));
  }

  @Test
  void shouldMakeWayForOthersUntilItsOwnBrokerHasRegistered() {
    startThree();
    serve(1, 1);
    serve(1, 2);
    // Node 2 leads after a restart, its logs are not open yet.
    quorum.lead(2);
    until(() -> nodes.get(2).figures().active());
    clock.advanceMs(SESSION_MS / 2);
    heartbeat(2, 1);
    clock.advanceMs(SESSION_MS / 2);
    until(() -> fenced(2, 2));
    assertThat(fenced(2, 1)).isFalse();
  }

  @Test
  void shouldFailWhatIsUnderWayWhenTheTermEnds() {
    startThree();
    serve(1, 1);
    quorum.holding = true;
    Future<?> creation = nodes.get(1).createTopics(List.of(topic("a")), false);
    Future<?> second = nodes.get(1).createTopics(List.of(topic("a")), false);
    until(() -> nodes.get(1).figures().commandsUnderWay() == 2);
    quorum.lead(2);
    assertThat(failure(creation)).isEqualTo(Errors.NOT_CONTROLLER);
    assertThat(failure(second)).isEqualTo(Errors.NOT_CONTROLLER);
    quorum.lead(1);
    until(() -> nodes.get(1).figures().active());
    assertThat(await(nodes.get(1).createTopics(List.of(topic("a")), false)).get(0).outcome())
        .isEqualTo(Controller.Outcome.OK);
  }

  @Test
  void shouldNotTakeAChangeOfTheVotersForTheCommandWhosePlaceItTook() {
    startThree();
    serve(1, 1);
    await(nodes.get(1).createTopics(List.of(topic("a")), false));
    quorum.changeVotersBeforeNextProposal(Set.of(new VoterId(1, new UUID(1, 1))));

    assertThat(failure(setRetention("a"))).isEqualTo(Errors.NOT_CONTROLLER);
    assertThat(image(1).voters()).hasSize(1);
    assertThat(image(1).configs(ConfigResource.topic("a"))).isEmpty();

    until(() -> nodes.get(1).figures().active());
    assertThat(await(setRetention("a"))).containsValue(Controller.Outcome.OK);
    assertThat(image(1).configs(ConfigResource.topic("a"))).containsEntry("retention.ms", "7");
  }

  private Future<Map<ConfigResource, Controller.Outcome>> setRetention(String topic) {
    ConfigOp change = new ConfigOp(ConfigOp.Op.SET, "retention.ms", "7");
    return nodes
        .get(1)
        .incrementalAlterConfigs(Map.of(ConfigResource.topic(topic), List.of(change)), false);
  }

  @Test
  void shouldRefuseNothingInANameOfAClusterThatItHasLost() {
    startThree();
    serve(1, 1);
    await(nodes.get(1).createTopics(List.of(topic("a")), false));
    quorum.cut(1);
    // It would say that the topic exists, which another controller may have deleted.
    assertThat(failure(nodes.get(1).createTopics(List.of(topic("a")), false)))
        .isEqualTo(Errors.NOT_CONTROLLER);
  }

  @Test
  void shouldTurnAwayMoreThanItCanHold() {
    startThree();
    serve(1, 1);
    quorum.holding = true;
    List<Future<?>> commands = new ArrayList<>();
    for (int i = 0; i < CommandQueue.MAX_UNDER_WAY; i++) {
      commands.add(nodes.get(1).allocateProducerIds());
    }
    assertThat(failure(nodes.get(1).allocateProducerIds()))
        .isEqualTo(Errors.THROTTLING_QUOTA_EXCEEDED);
    quorum.lead(2);
    commands.forEach(command -> assertThat(failure(command)).isEqualTo(Errors.NOT_CONTROLLER));
  }

  @Test
  void shouldTellANodeThatWasAwayWhatWasDeleted() {
    startThree();
    serve(1, 1);
    serve(1, 3);
    await(nodes.get(1).createTopics(List.of(topic("a"), topic("b")), false));
    until(() -> image(3).topic("b") != null);
    quorum.cut(3);
    List<String> deleted = new CopyOnWriteArrayList<>();
    nodes
        .get(3)
        .images()
        .subscribe(delta -> delta.deletedTopics().values().forEach(t -> deleted.add(t.name())));
    await(nodes.get(1).deleteTopics(List.of(new TopicRef(null, image(1).topic("a").id()))));
    quorum.heal(3, image(1).toRecords());
    until(() -> image(3).topic("a") == null);
    until(() -> !deleted.isEmpty());
    assertThat(deleted).containsExactly("a");
    assertThat(image(3).sameContent(image(1))).isTrue();
    // When it has said that it knows, the deletion is forgotten everywhere.
    assertThat(fenced(1, 3)).isFalse();
    heartbeat(1, 3);
    until(() -> image(1).removedTopics().isEmpty());
    until(() -> image(3).removedTopics().isEmpty());
  }

  @Test
  void shouldNotFollowAForeignCluster() {
    startThree();
    assertThatThrownBy(() -> start(4, "zzzzzzzzzzzzzzzzzzzzzz", 2)).hasMessageContaining(CLUSTER);
  }

  @Test
  void shouldRaiseInternalTopicsWhenBrokersJoin() {
    startThree();
    serve(1, 1);
    Controller.NewTopic offsets =
        new Controller.NewTopic(
            "__consumer_offsets", 4, (short) 1, Map.of(), Map.of("cleanup.policy", "compact"));
    await(nodes.get(1).createTopics(List.of(offsets), false));
    serve(1, 2);
    serve(1, 3);
    until(
        () ->
            image(1).topic("__consumer_offsets").partitions().stream()
                .allMatch(partition -> partition.replicas().size() == 3));
    assertThat(image(1).topic("__consumer_offsets").partitions())
        .allMatch(partition -> partition.isr().equals(List.of(1)));
  }

  // ---- Releases of two formats

  private Errors upgrade(int through) {
    return await(
            nodes
                .get(through)
                .updateFeatures(
                    Map.of(
                        MetadataVersion.FEATURE,
                        new FeatureUpdate(2, FeatureUpdate.Direction.UPGRADE)),
                    false))
        .get(MetadataVersion.FEATURE)
        .error();
  }

  @Test
  void shouldUpgradeNodeByNodeAndFinalizeInTheEnd() {
    start(1, CLUSTER, 1);
    start(2, CLUSTER, 1);
    quorum.lead(1);
    await(nodes.get(1).known());
    register(1, 1, 1);
    register(1, 2, 1);
    heartbeat(1, 2);
    assertThat(image(1).metadataVersion()).isEqualTo(1);
    // Node 2 comes back in the newer release, leads, and goes on in the old format.
    start(2, CLUSTER, 2);
    quorum.lead(2);
    until(() -> nodes.get(2).figures().active());
    register(2, 2, 2);
    assertThat(image(2).metadataVersion()).isEqualTo(1);
    assertThat(upgrade(2)).isEqualTo(Errors.INVALID_UPDATE_VERSION);
    await(nodes.get(2).createTopics(List.of(topic("a")), false));
    until(() -> image(1).topic("a") != null);
    assertThat(image(1).toRecords()).allMatch(record -> MetadataVersion.needed(record) == 1);
    // Before that is finalized it may go back.
    start(2, CLUSTER, 1);
    assertThat(nodes.get(2).problem()).isNull();
    start(2, CLUSTER, 2);
    start(1, CLUSTER, 2);
    quorum.lead(2);
    until(() -> nodes.get(2).figures().active());
    register(2, 1, 2);
    ControllerVerticle old = start(3, CLUSTER, 1); // does not register, so nobody asks it
    assertThat(upgrade(2)).isEqualTo(Errors.NONE);
    until(() -> image(1).metadataVersion() == 2);
    // An older release does not follow what it cannot read.
    until(() -> old.problem() != null);
    assertThat(old.problem()).contains("level 2 of metadata.version");
    until(() -> !quorum.left.isEmpty());
    assertThat(quorum.left).containsExactly(3); // or it could come to lead and do nothing
    assertThat(image(3).metadataVersion()).isEqualTo(1);
  }

  @Test
  void shouldHoldQuotasOnceEverybodyKnowsThem() {
    start(1, CLUSTER, 3);
    quorum.lead(1);
    await(nodes.get(1).known());
    register(1, 1, 3);
    register(1, 2, 3);
    // The release that knows quotas comes, and goes on in the old format.
    start(1, CLUSTER, 4);
    quorum.lead(1);
    until(() -> nodes.get(1).figures().active());
    register(1, 1, 4);
    QuotaEntity entity = QuotaEntity.client("c");
    var quota = Map.of(entity, Map.of("producer_byte_rate", 5.0));
    assertThat(await(nodes.get(1).alterClientQuotas(quota, false)).get(entity).error())
        .isEqualTo(Errors.UNSUPPORTED_VERSION);
    FeatureUpdate four = new FeatureUpdate(4, FeatureUpdate.Direction.UPGRADE);
    assertThat(finalized(four)).isEqualTo(Errors.INVALID_UPDATE_VERSION);
    register(1, 2, 4);
    assertThat(finalized(four)).isEqualTo(Errors.NONE);
    assertThat(await(nodes.get(1).alterClientQuotas(quota, false)).get(entity).error())
        .isEqualTo(Errors.NONE);
    assertThat(image(1).quotas()).isEqualTo(quota);
  }

  private Errors finalized(FeatureUpdate update) {
    return await(nodes.get(1).updateFeatures(Map.of(MetadataVersion.FEATURE, update), false))
        .get(MetadataVersion.FEATURE)
        .error();
  }

  @Test
  void shouldTurnAnOlderReleaseAwayOnceTheNewerFormatIsFinalized() {
    startThree();
    assertThat(register(1, 4, 1).outcome().error()).isEqualTo(Errors.UNSUPPORTED_VERSION);
    assertThatThrownBy(() -> start(4, CLUSTER, 1)).hasMessageContaining("metadata.version");
  }

  @Test
  void shouldStartANewClusterInTheNewestFormat() {
    startThree();
    assertThat(image(1).metadataVersion()).isEqualTo(MetadataVersion.NEWEST);
  }
}
