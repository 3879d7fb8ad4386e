package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.Controller;
import io.millrace.controller.Controller.IsrChange;
import io.millrace.controller.Controller.IsrChanged;
import io.millrace.controller.Controller.IsrReply;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.RegisterBroker;
import io.millrace.metadata.MetadataRecord.ReplicaConditions;
import io.millrace.metadata.MetadataRecord.Topic;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.TestLoop;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.IsrChanges;
import io.millrace.partition.IsrChanges.Outcome;
import io.millrace.partition.state.IsrProposal;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Asks a controller that answers when the test does. */
class IsrRequestsTest {
  private static final TopicId TOPIC = new TopicId(1, 2);

  private final TestLoop loop = new TestLoop();
  private final List<List<IsrChange>> asked = new ArrayList<>();
  private Promise<IsrReply> promise;
  private boolean broken;
  private final IsrRequests requests =
      new IsrRequests(loop, 1, () -> 30, this::controller, () -> null);

  private Controller controller() {
    if (broken) {
      throw new IllegalStateException("there is none");
    }
    return (Controller)
        Proxy.newProxyInstance(
            Controller.class.getClassLoader(),
            new Class<?>[] {Controller.class},
            (proxy, method, arguments) -> {
              assertThat(method.getName()).isEqualTo("alterPartitions");
              @SuppressWarnings("unchecked")
              List<IsrChange> changes = (List<IsrChange>) arguments[2];
              asked.add(changes);
              promise = Promise.promise();
              return promise.future();
            });
  }

  private Future<Outcome> ask(int partition) {
    return requests.ask(
        new TopicIdPartition(TOPIC, "t", partition),
        new IsrProposal(5, 8, List.of(new IsrProposal.Member(1, -1)), List.of(), List.of(2)));
  }

  private static IsrChanged changed(int partition, Errors error) {
    return new IsrChanged(
        TOPIC, partition, new Controller.Outcome(error, "why"), 1, 5, List.of(1), 9);
  }

  private void answer(Errors... errors) {
    promise.complete(
        new IsrReply(
            Controller.Outcome.OK,
            IntStream.range(0, errors.length).mapToObj(i -> changed(i, errors[i])).toList()));
  }

  @Test
  void shouldAskForAllOfATurnAtOnce() {
    Future<Outcome> first = ask(0);
    Future<Outcome> second = ask(1);
    loop.await(() -> !asked.isEmpty());

    assertThat(asked.get(0)).extracting(IsrChange::partition).containsExactly(0, 1);
    answer(Errors.NONE, Errors.INELIGIBLE_REPLICA);

    assertThat(loop.await(first)).isEqualTo(new Outcome.Committed(9, List.of(1)));
    assertThat(loop.await(second)).isEqualTo(new Outcome.Refused("why"));
  }

  @Test
  void shouldAskForTheRestWhenTheFirstIsAnswered() {
    ask(0);
    loop.await(() -> asked.size() == 1);
    Future<Outcome> second = ask(1);
    loop.await(() -> true);

    answer(Errors.NONE);
    loop.await(() -> asked.size() == 2);
    answer(Errors.NONE);

    assertThat(loop.await(second)).isInstanceOf(Outcome.Committed.class);
  }

  @Test
  void shouldTellWhatIsSureFromWhatIsNot() {
    List<Errors> errors =
        List.of(
            Errors.INVALID_UPDATE_VERSION,
            Errors.FENCED_LEADER_EPOCH,
            Errors.NOT_CONTROLLER,
            Errors.UNKNOWN_SERVER_ERROR);
    List<Future<Outcome>> outcomes = IntStream.range(0, errors.size()).mapToObj(this::ask).toList();
    loop.await(() -> !asked.isEmpty());

    answer(errors.toArray(new Errors[0]));

    assertThat(outcomes.stream().map(loop::await))
        .containsExactly(
            new Outcome.Outdated(),
            new Outcome.Outdated(),
            new Outcome.Unknown(),
            new Outcome.Unknown());
  }

  @Test
  void shouldKnowWhoseReplicaCanBeInSync() {
    MetadataImage image =
        new ImageBuilder(MetadataImage.EMPTY)
            .apply(
                0,
                List.of(
                    new Feature(MetadataVersion.FEATURE, MetadataVersion.NEWEST),
                    new RegisterBroker(2, List.of(), null, false, 7),
                    new Topic(TOPIC, "t"),
                    new ReplicaConditions(TOPIC, 2, ReplicaCondition.OFFLINE, List.of(0)),
                    new ReplicaConditions(TOPIC, 2, ReplicaCondition.FULL, List.of(1))))
            .build()
            .image();
    IsrRequests of = new IsrRequests(loop, 1, () -> 30, this::controller, () -> image);

    assertThat(IntStream.range(0, 3).mapToObj(i -> of.activeEpoch(partition(i), 2)))
        .containsExactly(-1L, -1L, 7L);
    assertThat(IntStream.range(0, 3).mapToObj(i -> of.takesRecords(partition(i), 2)))
        .containsExactly(true, false, true);
  }

  private static TopicIdPartition partition(int index) {
    return new TopicIdPartition(TOPIC, "t", index);
  }

  @Test
  void shouldNotKnowWhatBecameOfARequestWithoutAnAnswer() {
    Future<Outcome> outcome = ask(0);
    loop.await(() -> !asked.isEmpty());

    promise.fail("the connection ended");

    assertThat(loop.await(outcome)).isEqualTo(new Outcome.Unknown());
  }

  @Test
  void shouldNotKnowWhatBecameOfARequestThatIsRefusedAsAWhole() {
    Future<Outcome> outcome = ask(0);
    loop.await(() -> !asked.isEmpty());

    promise.complete(
        new IsrReply(new Controller.Outcome(Errors.STALE_BROKER_EPOCH, "stale"), List.of()));

    assertThat(loop.await(outcome)).isEqualTo(new Outcome.Unknown());
  }

  @Test
  void shouldGoOnAfterAControllerThatCannotBeAsked() {
    broken = true;
    assertThat(loop.await(ask(0))).isEqualTo(new Outcome.Unknown());
    broken = false;

    Future<Outcome> outcome = ask(0);
    loop.await(() -> !asked.isEmpty());
    answer(Errors.NONE);

    assertThat(loop.await(outcome)).isInstanceOf(IsrChanges.Outcome.Committed.class);
  }
}
