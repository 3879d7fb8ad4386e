package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.BrokerRegistration.Tails;
import io.millrace.controller.Controller.Registered;
import io.millrace.controller.state.Registrations.Standing;
import io.millrace.metadata.FeatureRange;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.StopBroker;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TransactionVersion;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class RegistrationsTest {
  private static final Standing HERE = new Standing(true, true);
  private static final Standing ALIVE = new Standing(false, true);
  private static final Standing AWAY = new Standing(false, false);

  private static final Registrations RULE =
      new Registrations(new Failover(new TopicPolicies(Images.RULES)));

  private static Decision<Registered> register(
      MetadataImage image, BrokerRegistration node, Standing standing) {
    return RULE.register(image, node, standing);
  }

  private static MetadataImage registered(
      MetadataImage image, BrokerRegistration node, Standing standing) {
    Decision<Registered> decision = register(image, node, standing);
    assertThat(decision.reply().outcome().error()).isEqualTo(Errors.NONE);
    MetadataImage after = Images.with(image, decision.records());
    assertThat(after.brokers().get(node.nodeId()).epoch()).isEqualTo(decision.reply().epoch());
    return after;
  }

  private static Errors refused(MetadataImage image, BrokerRegistration node, Standing standing) {
    Decision<Registered> decision = register(image, node, standing);
    assertThat(decision.records()).isEmpty();
    assertThat(decision.reply().epoch()).isEqualTo(-1);
    return decision.reply().outcome().error();
  }

  @Test
  void shouldFenceANewBrokerUntilItHasCaughtUp() {
    MetadataImage image = registered(MetadataImage.EMPTY, Images.registration(1, 1, 1), AWAY);
    assertThat(image.brokers().get(1).fenced()).isTrue();
  }

  @Test
  void shouldLetTheControllersOwnBrokerServeAtOnce() {
    MetadataImage image = registered(MetadataImage.EMPTY, Images.registration(1, 1, 1), HERE);
    assertThat(image.brokers().get(1).fenced()).isFalse();
  }

  @Test
  void shouldAnswerTheSameIncarnationWithTheSameEpoch() {
    BrokerRegistration node = Images.registration(1, 1, 1);
    MetadataImage image = registered(Images.brokers(7), node, AWAY);
    Decision<Registered> again = register(image, node, ALIVE);
    assertThat(again.records()).isEmpty();
    assertThat(again.reply().epoch()).isEqualTo(image.brokers().get(1).epoch());
  }

  @Test
  void shouldGiveAnotherIncarnationANewEpoch() {
    MetadataImage image = registered(MetadataImage.EMPTY, Images.registration(1, 1, 1), AWAY);
    MetadataImage again = registered(image, Images.registration(1, 2, 1), ALIVE);
    assertThat(again.brokers().get(1).epoch()).isGreaterThan(image.brokers().get(1).epoch());
  }

  @Test
  void shouldRefuseAnotherNodeOfThisIdWhileTheFirstIsAlive() {
    MetadataImage image = registered(MetadataImage.EMPTY, Images.registration(1, 1, 1), AWAY);
    assertThat(refused(image, Images.registration(1, 2, 2), ALIVE))
        .isEqualTo(Errors.DUPLICATE_BROKER_REGISTRATION);
    registered(image, Images.registration(1, 2, 2), AWAY);
  }

  @Test
  void shouldRefuseWhoCannotWorkWithAFinalizedLevel() {
    MetadataImage image = Images.newest(Images.brokers(7));
    BrokerRegistration old = withFeatures(Map.of());
    assertThat(refused(image, old, AWAY)).isEqualTo(Errors.UNSUPPORTED_VERSION);
    registered(Images.brokers(7), old, AWAY);
    MetadataImage unknown = Images.with(Images.brokers(7), List.of(new Feature("other", 3)));
    assertThat(refused(unknown, Images.registration(1, 1, 1), AWAY))
        .isEqualTo(Errors.UNSUPPORTED_VERSION);
  }

  @Test
  void shouldRefuseABrokerWithoutTransactionsOnceThereAreAny() {
    BrokerRegistration old =
        withFeatures(Map.of(MetadataVersion.FEATURE, new FeatureRange(1, MetadataVersion.NEWEST)));
    MetadataImage before = registered(Images.brokers(7), old, AWAY);
    MetadataImage since = Images.withTopic(before, TransactionVersion.STATE_TOPIC, 1, List.of(7));

    Decision<Registered> decision = register(since, old, AWAY);

    assertThat(decision.records()).isEmpty();
    assertThat(decision.reply().outcome().error()).isEqualTo(Errors.UNSUPPORTED_VERSION);
    assertThat(decision.reply().outcome().message())
        .contains("__transaction_state", "node 1", "level 1", "transaction.version");
    registered(since, Images.registration(1, 2, 1), AWAY);
  }

  @Test
  void shouldRegisterAVoterWithoutTransactions() {
    MetadataImage image =
        Images.withTopic(Images.brokers(7), TransactionVersion.STATE_TOPIC, 1, List.of(7));
    BrokerRegistration voter =
        new BrokerRegistration(
            9, null, List.of(), List.of(), null, Map.of(), -1, Tails.WHOLE, false, true);

    assertThat(register(image, voter, AWAY).reply().outcome().error()).isEqualTo(Errors.NONE);
  }

  private static BrokerRegistration withFeatures(Map<String, FeatureRange> features) {
    BrokerRegistration node = Images.registration(1, 1, 1);
    return new BrokerRegistration(
        1,
        node.incarnation(),
        node.directories(),
        node.endpoints(),
        null,
        features,
        -1,
        Tails.WHOLE,
        true,
        true);
  }

  @Test
  void shouldMoveLeadersAwayFromABrokerThatStartsAgain() {
    MetadataImage image = Images.withTopic(Images.brokers(1, 2), "a", 1, List.of(1, 2));
    MetadataImage after = registered(image, Images.registration(1, 1, 1), ALIVE);
    assertThat(after.topic("a").partition(0).leader()).isEqualTo(2);
    assertThat(after.topic("a").partition(0).isr()).containsExactly(2);
  }

  @Test
  void shouldLeaveLeadersOfTheControllersOwnBrokerAlone() {
    MetadataImage image = Images.withTopic(Images.brokers(1, 2), "a", 2, List.of(1, 2));
    MetadataImage after = registered(image, Images.registration(1, 1, 1), HERE);
    assertThat(after.topic("a")).isEqualTo(image.topic("a"));
  }

  @Test
  void shouldStartALeaderEpochWhereTheOnlyLogMayBeCut() {
    MetadataImage image =
        Images.withTopic(
            Images.withTopic(Images.brokers(1, 2), "a", 2, List.of(1)), "b", 1, List.of(2));
    MetadataImage after = registered(image, Images.cut(Images.registration(1, 1, 1)), HERE);
    assertThat(after.topic("a").partitions())
        .allMatch(partition -> partition.leaderEpoch() == 1 && partition.leader() == 1);
    assertThat(after.topic("b")).isEqualTo(image.topic("b"));
  }

  @Test
  void shouldTakeABrokerWhoseLogsMayBeCutOutOfEveryIsr() {
    MetadataImage image = Images.withTopic(Images.brokers(1, 2), "a", 1, List.of(1, 2));
    MetadataImage after = registered(image, Images.cut(Images.registration(1, 1, 1)), HERE);
    assertThat(after.topic("a").partition(0))
        .isEqualTo(new PartitionImage(0, List.of(1, 2), List.of(2), List.of(), 2, 1, 1));
  }

  @Test
  void shouldStartALeaderEpochWhereTheOnlyLogWasRecovered() {
    MetadataImage image = Images.withTopic(Images.brokers(1, 2), "a", 1, List.of(1));
    BrokerRegistration node = Images.tails(Images.registration(1, 1, 1), Tails.RECOVERED);
    MetadataImage after = registered(image, node, HERE);
    assertThat(after.topic("a").partition(0).leaderEpoch()).isEqualTo(1);
    assertThat(after.topic("a").partition(0).possibleLoss()).isFalse();
  }

  @Test
  void shouldKeepAReplicaInSyncWhoseProcessAloneWasKilled() {
    MetadataImage image = Images.withTopic(Images.brokers(1, 2), "a", 1, List.of(1, 2));
    BrokerRegistration node = Images.tails(Images.registration(1, 1, 1), Tails.RECOVERED);
    MetadataImage after = registered(image, node, HERE);
    assertThat(after.topic("a")).isEqualTo(image.topic("a"));
  }

  @Test
  void shouldTakeOtherDirectoriesForALossOfAllLogs() {
    MetadataImage image = registered(MetadataImage.EMPTY, Images.registration(1, 1, 1), HERE);
    image = Images.newest(Images.withTopic(image, "a", 1, List.of(1)));
    MetadataImage after =
        registered(image, Images.registration(1, 2, 2), new Standing(true, false));
    assertThat(after.topic("a").partition(0).possibleLoss()).isTrue();
  }

  @Test
  void shouldTakeAnOlderStateOfTheDiskForCutLogs() {
    MetadataImage image = registered(MetadataImage.EMPTY, Images.registration(1, 1, 1), HERE);
    image = registered(image, Images.registration(1, 2, 1), HERE);
    image = Images.withTopic(image, "a", 1, List.of(1));
    BrokerRegistration node = Images.registration(1, 3, 1);
    BrokerRegistration outdated =
        new BrokerRegistration(
            1,
            node.incarnation(),
            node.directories(),
            node.endpoints(),
            null,
            node.features(),
            0,
            Tails.WHOLE,
            true,
            true);
    assertThat(registered(image, outdated, HERE).topic("a").partition(0).leaderEpoch())
        .isEqualTo(1);
  }

  @Test
  void shouldTakeALogDirectoryThatIsMissingForCutLogs() {
    MetadataImage image = registered(Images.brokers(2), with(1, 1, 2), HERE);
    image = Images.withTopic(image, "a", 1, List.of(1, 2));
    assertThat(registered(image, with(2, 1, 2, 3), HERE).topic("a").partition(0).isr())
        .containsExactly(1, 2);

    MetadataImage after = registered(image, with(2, 1, 3), HERE);

    assertThat(after.topic("a").partition(0).isr()).containsExactly(2);
    assertThat(after.topic("a").partition(0).leader()).isEqualTo(2);
  }

  /** Node 1 with these directories. */
  private static BrokerRegistration with(int incarnation, Integer... directories) {
    BrokerRegistration one = Images.registration(1, incarnation, 1);
    return new BrokerRegistration(
        1,
        one.incarnation(),
        Arrays.stream(directories).map(id -> new UUID(1, id)).toList(),
        one.endpoints(),
        null,
        one.features(),
        -1,
        Tails.WHOLE,
        true,
        true);
  }

  @Test
  void shouldGiveALeaderToPartitionsThatWaitedForTheControllersOwnBroker() {
    MetadataImage image = Images.withTopic(Images.brokers(1), "a", 1, List.of(1));
    image = Images.with(image, new Failover(new TopicPolicies(Images.RULES)).fence(image, 1));
    assertThat(image.topic("a").partition(0).leader()).isEqualTo(-1);
    MetadataImage after = registered(image, Images.registration(1, 1, 1), HERE);
    assertThat(after.topic("a").partition(0).leader()).isEqualTo(1);
  }

  @Test
  void shouldRegisterAVoterThatIsNoBroker() {
    BrokerRegistration voter =
        new BrokerRegistration(
            9,
            Images.registration(9, 1, 1).incarnation(),
            List.of(),
            List.of(),
            null,
            Map.of(MetadataVersion.FEATURE, new FeatureRange(1, 2)),
            -1,
            Tails.WHOLE,
            false,
            true);
    Decision<Registered> decision = register(Images.brokers(1), voter, AWAY);
    MetadataImage after = Images.with(Images.brokers(1), decision.records());
    assertThat(after.controllers()).containsOnlyKeys(9);
    assertThat(after.brokers()).containsOnlyKeys(1);
    assertThat(register(after, voter, AWAY).records()).isEmpty();
  }

  @Test
  void shouldKeepTheRoleOfABrokerThatHasReplicas() {
    MetadataImage image = Images.withTopic(Images.brokers(1), "a", 1, List.of(1));
    BrokerRegistration voter =
        new BrokerRegistration(
            1, null, List.of(), List.of(), null, Map.of(), -1, Tails.WHOLE, false, true);
    assertThat(refused(image, voter, AWAY)).isEqualTo(Errors.INVALID_REGISTRATION);
  }

  @Test
  void shouldForgetThatABrokerStops() {
    MetadataImage stopping = Images.with(Images.brokers(1), List.of(new StopBroker(1, 0)));
    assertThat(stopping.brokers().get(1).shuttingDown()).isTrue();
    MetadataImage after = registered(stopping, Images.registration(1, 1, 1), HERE);
    assertThat(after.brokers().get(1).shuttingDown()).isFalse();
  }
}
