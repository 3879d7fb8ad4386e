package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.Controller.Heartbeat;
import io.millrace.controller.Controller.HeartbeatReply;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Broker 1 is the controller's own. Brokers have the epochs 0, 1 and 2. */
class HeartbeatsTest {
  private static final long NOW = 1_000;

  private final Failover failover = new Failover(new TopicPolicies(Images.RULES));
  private final BrokerSessions sessions = new BrokerSessions(100);
  private final Heartbeats rule = new Heartbeats(failover, sessions, 1);
  private MetadataImage image = Images.withTopic(Images.brokers(1, 2, 3), "a", 1, List.of(2, 3));

  private HeartbeatReply beat(
      int nodeId, long epoch, long offset, boolean wantFence, boolean wantShutDown) {
    sessions.heard(nodeId, epoch, offset, NOW);
    Decision<HeartbeatReply> decision =
        rule.decide(image, new Heartbeat(nodeId, epoch, offset, wantFence, wantShutDown));
    image = Images.with(image, decision.records());
    return decision.reply();
  }

  private static HeartbeatReply reply(boolean caughtUp, boolean fenced, boolean stop) {
    return new HeartbeatReply(Outcome.OK, caughtUp, fenced, stop);
  }

  private void fence(int nodeId) {
    image = Images.with(image, failover.fence(image, nodeId));
  }

  @Test
  void shouldChangeNothingWhileAllIsWell() {
    MetadataImage before = image;
    assertThat(beat(2, 1, 5, false, false)).isEqualTo(reply(true, false, false));
    assertThat(image).isSameAs(before);
  }

  @Test
  void shouldRefuseAnotherRegistration() {
    assertThat(beat(2, 7, 5, false, false).outcome().error()).isEqualTo(Errors.STALE_BROKER_EPOCH);
    assertThat(beat(9, 7, 5, false, false).outcome().error())
        .isEqualTo(Errors.BROKER_ID_NOT_REGISTERED);
  }

  @Test
  void shouldUnfenceABrokerOnlyWhenItHasItsRegistration() {
    fence(2);
    assertThat(beat(2, 1, 0, false, false)).isEqualTo(reply(false, true, false));
    assertThat(image.brokers().get(2).fenced()).isTrue();
    assertThat(beat(2, 1, 1, false, false)).isEqualTo(reply(true, false, false));
    assertThat(image.brokers().get(2).fenced()).isFalse();
  }

  @Test
  void shouldGiveLeadersToABrokerThatIsBack() {
    fence(2);
    fence(3);
    assertThat(image.topic("a").partition(0).leader()).isEqualTo(-1);
    beat(3, 2, 9, false, false);
    assertThat(image.topic("a").partition(0).leader()).isEqualTo(3);
  }

  @Test
  void shouldFenceABrokerThatWantsIt() {
    assertThat(beat(2, 1, 5, true, false)).isEqualTo(reply(true, true, false));
    assertThat(image.topic("a").partition(0).leader()).isEqualTo(3);
    assertThat(beat(2, 1, 5, true, false)).isEqualTo(reply(true, true, false));
  }

  @Test
  void shouldMoveLeadersBeforeABrokerStops() {
    assertThat(beat(2, 1, 5, false, true)).isEqualTo(reply(true, false, false));
    assertThat(image.topic("a").partition(0).leader()).isEqualTo(3);
    assertThat(image.topic("a").partition(0).isr()).containsExactly(3);
    assertThat(image.brokers().get(2).fenced()).isFalse();
    assertThat(image.brokers().get(2).active()).isFalse();
  }

  @Test
  void shouldLetABrokerStopWhenAllKnowThatItsLeadersMoved() {
    beat(2, 1, 5, false, true);
    long moved = image.offset();
    assertThat(beat(2, 1, moved, false, true).shouldShutDown()).isFalse();
    beat(3, 2, moved - 1, false, false);
    assertThat(beat(2, 1, moved, false, true).shouldShutDown()).isFalse();
    beat(3, 2, moved, false, false);
    assertThat(beat(2, 1, moved, false, true)).isEqualTo(reply(true, true, true));
    assertThat(image.brokers().get(2).fenced()).isTrue();
  }

  @Test
  void shouldNotWaitForFencedBrokers() {
    fence(3);
    beat(2, 1, 5, false, true);
    assertThat(beat(2, 1, image.offset(), false, true).shouldShutDown()).isTrue();
    assertThat(image.topic("a").partition(0).leader()).isEqualTo(-1);
  }

  @Test
  void shouldLetAFencedBrokerStopAtOnce() {
    fence(2);
    assertThat(beat(2, 1, 0, false, true).shouldShutDown()).isTrue();
  }

  @Test
  void shouldLetTheLastBrokerStopAsItIs() {
    fence(2);
    fence(3);
    MetadataImage before = image;
    assertThat(beat(1, 0, 9, false, true).shouldShutDown()).isTrue();
    assertThat(image).isSameAs(before);
  }

  @Test
  void shouldGiveABrokerThatStopsNoLeader() {
    beat(2, 1, 5, false, true);
    fence(3);
    assertThat(image.topic("a").partition(0).leader()).isEqualTo(-1);
    assertThat(beat(2, 1, image.offset(), false, false).fenced()).isFalse();
    assertThat(image.brokers().get(2).shuttingDown()).isTrue();
  }

  @Test
  void shouldForgetDeletedTopicsWhenAllHaveSeenTheDeletion() {
    image = Images.with(image, List.of(new MetadataRecord.RemoveTopic(image.topic("a").id())));
    long deleted = image.offset();
    assertThat(RemovedTopics.decide(image, sessions, 1)).isEmpty();
    beat(2, 1, deleted, false, false);
    beat(3, 2, deleted - 1, false, false);
    assertThat(RemovedTopics.decide(image, sessions, 1)).isEmpty();
    beat(3, 2, deleted, false, false);
    image = Images.with(image, RemovedTopics.decide(image, sessions, 1));
    assertThat(image.removedTopics()).isEmpty();
  }

  @Test
  void shouldRememberDeletedTopicsForABrokerThatIsAway() {
    fence(3);
    image = Images.with(image, List.of(new MetadataRecord.RemoveTopic(image.topic("a").id())));
    beat(2, 1, image.offset(), false, false);
    assertThat(RemovedTopics.decide(image, sessions, 1)).isEmpty();
    image = Images.with(image, List.of(new MetadataRecord.UnregisterNode(3, 2)));
    assertThat(RemovedTopics.decide(image, sessions, 1)).isNotEmpty();
  }
}
