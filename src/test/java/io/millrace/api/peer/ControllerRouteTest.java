package io.millrace.api.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.LoggerContext;
import io.millrace.api.FakeController;
import io.millrace.api.FakeQuorum;
import io.millrace.api.MovingImage;
import io.millrace.api.RequestHandler;
import io.millrace.api.TestImage;
import io.millrace.api.configs.CommittedSettings;
import io.millrace.api.configs.LogbackLoggers;
import io.millrace.config.Settings;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.CreatedTopic;
import io.millrace.controller.Controller.DeletedTopic;
import io.millrace.controller.Controller.Heartbeat;
import io.millrace.controller.Controller.NewPartitions;
import io.millrace.controller.Controller.NewTopic;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.TopicRef;
import io.millrace.metadata.ConfigResource;
import io.millrace.model.TopicId;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Node 2 asks; nodes 1 and 3 are the others. */
@Timeout(30)
class ControllerRouteTest {
  private static final NewTopic TOPIC =
      new NewTopic("a", 2, (short) 1, Map.of(), Map.of("retention.ms", "5"));

  private final Vertx vertx = Vertx.vertx();
  private final FakeController here = new FakeController();
  private final FakeController on1 = new FakeController();
  private final FakeController on3 = new FakeController();
  private final FakeQuorum quorumHere = new FakeQuorum();
  private final FakeQuorum quorumOn1 = new FakeQuorum();
  private final MovingImage images = new MovingImage(TestImage.ofOne());
  private final FakePeers peers =
      new FakePeers().node(1, handlers(on1, quorumOn1)).node(3, handlers(on3, new FakeQuorum()));
  private volatile int leader = 1;
  private final ControllerRoute route = route(20_000, 10_000);
  private final Controller controller = route.controller();

  private ControllerRoute route(long totalMs, long leaderlessMs) {
    return new ControllerRoute(
        new ControllerRoute.Parts(vertx, 2, here, quorumHere, () -> leader, images, peers),
        new ControllerCalls.Limits(totalMs, leaderlessMs, 5, 20));
  }

  private List<RequestHandler> handlers(FakeController of, FakeQuorum quorum) {
    return PeerHandlers.of(
        of,
        quorum,
        images,
        new CommittedSettings(Settings.defaults(), 1),
        new LogbackLoggers(new LoggerContext()));
  }

  /** Another node leads, and the image says so. */
  private void lead(int nodeId) {
    leader = nodeId;
    images.publish(TestImage.ofOne().controller(nodeId));
  }

  @AfterEach
  void close() {
    vertx.close().await();
  }

  private static <T> T result(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static QuorumException notController() {
    return new QuorumException(Errors.NOT_CONTROLLER, "not me");
  }

  /** The topic as the command asks for it. */
  private static TestImage withTopic() {
    return TestImage.ofOne().topic("a", 2).config(ConfigResource.topic("a"), "retention.ms", "5");
  }

  @Test
  void shouldAskItsOwnControllerWhileItLeads() throws Exception {
    leader = 2;

    result(controller.unregisterBroker(9));
    result(route.quorum().describe());

    assertThat(here.unregistered).containsExactly(9);
    assertThat(quorumHere.asked).containsExactly("describe");
    assertThat(peers.asked).isEmpty();
  }

  @Test
  void shouldAskTheNodeThatLeads() throws Exception {
    result(controller.unregisterBroker(9));

    assertThat(on1.unregistered).containsExactly(9);
    assertThat(here.unregistered).isEmpty();
  }

  @Test
  void shouldAskTheNextControllerWhenOneSaysThatItIsNone() throws Exception {
    on1.commit = Future.failedFuture(notController());
    Future<Outcome> gone = controller.unregisterBroker(9);

    lead(3);

    assertThat(result(gone)).isEqualTo(Outcome.OK);
    assertThat(on3.unregistered).containsExactly(9);
  }

  @Test
  void shouldGoOnAtItsOwnControllerWhenItTakesOver() throws Exception {
    peers.unreachable.add(1);
    Future<Outcome> gone = controller.unregisterBroker(9);

    lead(2);

    assertThat(result(gone)).isEqualTo(Outcome.OK);
    assertThat(here.unregistered).containsExactly(9);
  }

  @Test
  void shouldLeaveAControllerThatIsSilentWhenAnotherOneLeads() throws Exception {
    peers.silent.add(1);
    Future<Outcome> gone = controller.unregisterBroker(9);

    lead(3);

    assertThat(result(gone)).isEqualTo(Outcome.OK);
  }

  @Test
  void shouldWaitForAController() throws Exception {
    leader = -1;
    Future<Outcome> gone = controller.unregisterBroker(9);
    boolean early = gone.isComplete();

    leader = 1;

    assertThat(early).isFalse();
    assertThat(result(gone)).isEqualTo(Outcome.OK);
  }

  @Test
  void shouldTimeOutWithoutAController() {
    leader = -1;
    ControllerRoute impatient = route(30, 10_000);

    assertThatThrownBy(() -> result(impatient.controller().unregisterBroker(9)))
        .cause()
        .isInstanceOfSatisfying(
            QuorumException.class,
            why -> assertThat(why.error()).isEqualTo(Errors.REQUEST_TIMED_OUT))
        .hasMessageContaining("No controller has answered for 30 ms");
  }

  @Test
  void shouldSendClientsElsewhereWhenItKnowsNoControllerForLong() {
    leader = -1;
    ControllerRoute cutOff = route(20_000, 30);

    assertThatThrownBy(() -> result(cutOff.controller().unregisterBroker(9)))
        .cause()
        .isInstanceOfSatisfying(
            QuorumException.class, why -> assertThat(why.error()).isEqualTo(Errors.NOT_CONTROLLER))
        .hasMessageContaining("ask another node");
  }

  @Test
  void shouldNotLetEachCommandWaitAnewWhenItHasKnownNoControllerForLong() throws Exception {
    leader = -1;
    ControllerRoute cutOff = route(20_000, 30);
    assertThat(cutOff.controller().unregisterBroker(9).transform(Future::succeededFuture))
        .satisfies(ControllerRouteTest::result);

    assertThat(cutOff.controller().unregisterBroker(9).isComplete()).isTrue();
  }

  @Test
  void shouldSendClientsElsewhereAlsoWhenTheirCommandMayHaveBeenCarriedOut() {
    leader = 2;
    here.commit = Future.failedFuture(notController());
    ControllerRoute cutOff = route(20_000, 30);

    Future<List<CreatedTopic>> created = cutOff.controller().createTopics(List.of(TOPIC), false);
    leader = -1;

    assertThatThrownBy(() -> result(created))
        .cause()
        .isInstanceOfSatisfying(
            QuorumException.class, why -> assertThat(why.error()).isEqualTo(Errors.NOT_CONTROLLER))
        .hasMessageContaining("may have been carried out");
  }

  @Test
  void shouldNotRepeatWhatIsRefused() throws Exception {
    on1.refusals.put("9", new Outcome(Errors.INVALID_REQUEST, "it is alive"));

    assertThat(result(controller.unregisterBroker(9)).error()).isEqualTo(Errors.INVALID_REQUEST);
    assertThat(on1.unregistered).containsExactly(9);
  }

  @Test
  void shouldNotRepeatHeartbeats() {
    peers.unreachable.add(1);

    assertThat(controller.heartbeat(new Heartbeat(2, 7, 0, false, false)).failed()).isTrue();
    assertThat(peers.asked).hasSize(1);
  }

  @Test
  void shouldTakeATopicForItsOwnThatAppearedWhileTheAnswerWasLost() throws Exception {
    peers.losesAnswer.add(1);
    on1.onCreated =
        () -> {
          images.publish(withTopic());
          on1.refusals.put("a", new Outcome(Errors.TOPIC_ALREADY_EXISTS, "it is there"));
        };

    CreatedTopic created = result(controller.createTopics(List.of(TOPIC), false)).get(0);

    assertThat(on1.created).hasSize(2);
    assertThat(created.outcome()).isEqualTo(Outcome.OK);
    assertThat(created.id()).isEqualTo(TestImage.idOf("a"));
    assertThat(created.partitions()).isEqualTo(2);
    assertThat(created.replicationFactor()).isEqualTo((short) 1);
  }

  @Test
  void shouldNotTakeATopicForItsOwnThatWasThereBefore() throws Exception {
    images.publish(withTopic());
    peers.losesAnswer.add(1);
    on1.refusals.put("a", new Outcome(Errors.TOPIC_ALREADY_EXISTS, "it is there"));

    assertThat(result(controller.createTopics(List.of(TOPIC), false)).get(0).outcome().error())
        .isEqualTo(Errors.TOPIC_ALREADY_EXISTS);
  }

  @Test
  void shouldNotTakeATopicForItsOwnThatLooksDifferent() throws Exception {
    peers.losesAnswer.add(1);
    on1.onCreated =
        () -> {
          images.publish(TestImage.ofOne().topic("a", 2));
          on1.refusals.put("a", new Outcome(Errors.TOPIC_ALREADY_EXISTS, "it is there"));
        };

    assertThat(result(controller.createTopics(List.of(TOPIC), false)).get(0).outcome().error())
        .isEqualTo(Errors.TOPIC_ALREADY_EXISTS);
  }

  @Test
  void shouldNotTakeATopicForItsOwnWhenNothingWasSentBefore() throws Exception {
    on1.refusals.put("a", new Outcome(Errors.TOPIC_ALREADY_EXISTS, "it is there"));
    on1.onCreated = () -> images.publish(withTopic());
    peers.unreachable.add(1);
    peers.onFailure = peers.unreachable::clear;

    assertThat(result(controller.createTopics(List.of(TOPIC), false)).get(0).outcome().error())
        .isEqualTo(Errors.TOPIC_ALREADY_EXISTS);
  }

  @Test
  void shouldDeleteOnlyTheTopicThatWasMeantWhenItRepeats() throws Exception {
    images.publish(withTopic());
    peers.losesAnswer.add(1);

    List<DeletedTopic> deleted =
        result(controller.deleteTopics(List.of(new TopicRef("a", TopicId.ZERO))));

    assertThat(on1.deleted)
        .containsExactly(new TopicRef("a", TopicId.ZERO), new TopicRef(null, TestImage.idOf("a")));
    assertThat(deleted).containsExactly(new DeletedTopic("a", TestImage.idOf("a"), Outcome.OK));
  }

  @Test
  void shouldKnowThatTheFirstAttemptHasAddedThePartitions() throws Exception {
    images.publish(TestImage.ofOne().topic("a", 1));
    peers.losesAnswer.add(1);
    peers.onFailure =
        () -> {
          images.publish(withTopic());
          on1.refusals.put("a", new Outcome(Errors.INVALID_PARTITIONS, "has 2"));
        };

    assertThat(result(controller.createPartitions(List.of(new NewPartitions("a", 2, null)), false)))
        .containsEntry("a", Outcome.OK);
  }

  @Test
  void shouldTakeAVoterForAddedThatIsOne() throws Exception {
    peers.losesAnswer.add(1);
    peers.onFailure =
        () -> quorumOn1.refusal = new QuorumException(Errors.DUPLICATE_VOTER, "it votes");

    result(route.quorum().addVoter(FakeQuorum.voter(2)));

    assertThat(quorumOn1.asked).hasSize(3).endsWith("describe");
  }

  @Test
  void shouldSayThatAVoterIsOneAlready() {
    quorumOn1.refusal = new QuorumException(Errors.DUPLICATE_VOTER, "it votes");

    assertThatThrownBy(() -> result(route.quorum().addVoter(FakeQuorum.voter(3))))
        .cause()
        .hasMessage("it votes");
  }

  @Test
  void shouldNotTakeAVoterForAddedWhoseNodeVotesWithAnotherDirectory() {
    VoterId other = new VoterId(2, new UUID(78, 2));
    peers.losesAnswer.add(1);
    peers.onFailure =
        () -> quorumOn1.refusal = new QuorumException(Errors.DUPLICATE_VOTER, "another directory");

    assertThatThrownBy(() -> result(route.quorum().addVoter(other)))
        .cause()
        .hasMessage("another directory");
  }

  @Test
  void shouldNotTakeAVoterForRemovedWhoseNodeVotesWithAnotherDirectory() {
    VoterId mistyped = new VoterId(2, new UUID(78, 2));
    peers.losesAnswer.add(1);
    peers.onFailure =
        () -> quorumOn1.refusal = new QuorumException(Errors.VOTER_NOT_FOUND, "no such voter");

    assertThatThrownBy(() -> result(route.quorum().removeVoter(mistyped)))
        .cause()
        .hasMessage("no such voter");
  }
}
