package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.Controller.ElectionType;
import io.millrace.controller.Controller.LogEnd;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.state.Registrations.Standing;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.ReplicaConditions;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.TopicPartition;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/**
 * The power of brokers 1, 2 and 3, which have all replicas of a-0, has failed; they came back in
 * this order, and their logs may be cut.
 */
class UncleanRecoveryTest {
  private static final TopicPolicies POLICIES = new TopicPolicies(Images.RULES);
  private static final Failover FAILOVER = new Failover(POLICIES);
  private static final TopicPartition NAME = new TopicPartition("a", 0);

  private final UncleanRecovery recovery = new UncleanRecovery(POLICIES);
  private MetadataImage image =
      Images.newest(Images.withTopic(Images.brokers(1, 2, 3), "a", 1, List.of(1, 2, 3)));
  private int incarnations;
  private long nowMs = 1_000;

  UncleanRecoveryTest() {
    for (int nodeId = 1; nodeId <= 3; nodeId++) {
      losesPower(nodeId);
    }
  }

  private PartitionImage partition() {
    return image.topic("a").partition(0);
  }

  private void apply(List<MetadataRecord> records) {
    image = Images.with(image, records);
  }

  private void losesPower(int nodeId) {
    BrokerRegistration node = Images.registration(nodeId, ++incarnations, nodeId);
    register(Images.cut(node));
    register(Images.registration(nodeId, ++incarnations, nodeId));
  }

  private void register(BrokerRegistration node) {
    apply(new Registrations(FAILOVER).register(image, node, new Standing(false, false)).records());
  }

  private void serves(int nodeId) {
    apply(FAILOVER.unfence(image, nodeId));
  }

  private Errors reports(int nodeId, int lastEpoch, long endOffset) {
    LogEnd end =
        new LogEnd(image.topic("a").id(), 0, partition().leaderEpoch(), lastEpoch, endOffset);
    return reports(nodeId, image.brokers().get(nodeId).epoch(), end);
  }

  private Errors reports(int nodeId, long brokerEpoch, LogEnd end) {
    var decision = recovery.report(image, nodeId, brokerEpoch, List.of(end), nowMs);
    apply(decision.records());
    return decision.reply().error();
  }

  private void decides() {
    apply(recovery.decide(image, nowMs));
  }

  private void strategy(String value) {
    image = Images.withConfig(image, "a", "unclean.recovery.strategy", value);
  }

  private Outcome elect(ElectionType type) {
    var decision = new Elections(POLICIES, recovery).decide(image, type, Set.of(NAME));
    apply(decision.records());
    return decision.reply().get(NAME);
  }

  private void shouldWait() {
    assertThat(partition().awaitsLogEnds()).as(partition().toString()).isTrue();
    assertThat(partition().leader()).isEqualTo(PartitionImage.NO_LEADER);
    assertThat(partition().possibleLoss()).isFalse();
  }

  private void shouldBeLedBy(int nodeId) {
    assertThat(partition().leader()).isEqualTo(nodeId);
    assertThat(partition().isr()).containsExactly(nodeId);
    assertThat(partition().lastIsr()).isEmpty();
    assertThat(partition().possibleLoss()).isTrue();
  }

  @Test
  void shouldWaitUntilAllHaveReported() {
    assertThat(partition().isr()).containsExactly(3);
    assertThat(partition().maybeCut()).containsExactly(1, 2, 3);
    for (int nodeId = 1; nodeId <= 3; nodeId++) {
      serves(nodeId);
      shouldWait();
    }
    assertThat(reports(3, 4, 100)).isEqualTo(Errors.NONE);
    reports(1, 4, 50);
    shouldWait();
    reports(2, 4, 101);
    shouldBeLedBy(2);
    assertThat(partition().maybeCut()).containsExactly(1, 3);
  }

  @Test
  void shouldPreferTheLaterEpochToTheLongerLog() {
    for (int nodeId = 1; nodeId <= 3; nodeId++) {
      serves(nodeId);
      reports(nodeId, nodeId == 3 ? 5 : 4, 100 - nodeId);
    }
    shouldBeLedBy(3);
  }

  @Test
  void shouldTakeTheFirstReplicaOfThoseThatAreAsGood() {
    for (int nodeId = 3; nodeId >= 1; nodeId--) {
      serves(nodeId);
      reports(nodeId, 4, 100);
    }
    shouldBeLedBy(1);
  }

  @Test
  void shouldCountNoReportOfAnEarlierRegistration() {
    serves(1);
    serves(2);
    serves(3);
    reports(1, 4, 300);
    reports(2, 4, 200);
    losesPower(1);
    reports(3, 4, 100);
    shouldWait();
    serves(1);
    reports(1, 4, 150);
    shouldBeLedBy(2);
  }

  @Test
  void shouldRefuseTheReportOfAnEarlierRegistration() {
    LogEnd end = new LogEnd(image.topic("a").id(), 0, partition().leaderEpoch(), 4, 1);
    assertThat(reports(1, image.brokers().get(1).epoch() - 1, end))
        .isEqualTo(Errors.STALE_BROKER_EPOCH);
    assertThat(recovery.isIdle()).isTrue();
  }

  @Test
  void shouldPassOverWhatNobodyWaitsFor() {
    long epoch = image.brokers().get(1).epoch();
    int leaderEpoch = partition().leaderEpoch();
    reports(1, epoch, new LogEnd(image.topic("a").id(), 0, leaderEpoch - 1, 4, 1));
    reports(1, epoch, new LogEnd(image.topic("a").id(), 7, leaderEpoch, 4, 1));
    reports(1, epoch, new LogEnd(Images.newest(image).topic("a").id(), -1, leaderEpoch, 4, 1));
    assertThat(recovery.isIdle()).isTrue();
  }

  @Test
  void shouldWaitForTheBestToServe() {
    reports(1, 4, 10);
    reports(2, 4, 200);
    reports(3, 4, 10);
    serves(1);
    decides();
    shouldWait();
    serves(2);
    decides();
    shouldBeLedBy(2);
  }

  @Test
  void shouldWaitForWhoWasFencedBeforeItCameBack() {
    image = Images.newest(Images.withTopic(Images.brokers(1, 2, 3), "a", 1, List.of(1, 2, 3)));
    apply(FAILOVER.fence(image, 2, nodeId -> false));
    losesPower(3);
    losesPower(1);
    serves(3);
    serves(1);
    reports(3, 4, 10);
    reports(1, 4, 10);
    shouldWait();
    losesPower(2);
    serves(2);
    reports(2, 4, 11);
    shouldBeLedBy(2);
  }

  @Test
  void shouldWaitForWhoFellSilentWithTheOthersThoughAllWereHeardOfBefore() {
    image = Images.newest(Images.withTopic(Images.brokers(1, 2, 3), "a", 1, List.of(1, 2, 3)));
    BrokerSessions sessions = new BrokerSessions(6_000);
    for (int nodeId = 1; nodeId <= 3; nodeId++) {
      sessions.heard(nodeId, image.brokers().get(nodeId).epoch(), 0, nodeId * 600L);
    }
    for (int nodeId = 1; nodeId <= 3; nodeId++) {
      long overMs = nodeId * 600L + 6_000;
      apply(FAILOVER.fence(image, nodeId, other -> sessions.isHeard(other, overMs)));
    }
    for (int nodeId = 3; nodeId >= 2; nodeId--) {
      losesPower(nodeId);
      serves(nodeId);
      reports(nodeId, 4, 10);
    }
    assertThat(partition().leader()).isEqualTo(PartitionImage.NO_LEADER);
    losesPower(1);
    serves(1);
    for (int nodeId = 1; nodeId <= 3; nodeId++) {
      reports(nodeId, 4, nodeId == 1 ? 11 : 10);
    }
    shouldBeLedBy(1);
  }

  @Test
  void shouldNotWaitForWhoIsForgotten() {
    serves(1);
    serves(2);
    reports(1, 4, 10);
    reports(2, 4, 20);
    apply(new Unregistration(POLICIES).decide(image, 3).records());
    assertThat(partition().isr()).containsExactly(1);
    decides();
    shouldBeLedBy(2);
  }

  @Test
  void shouldNotWaitForADiskThatIsGone() {
    serves(1);
    serves(2);
    reports(1, 4, 30);
    reports(2, 4, 20);
    register(Images.registration(3, ++incarnations, 77));
    decides();
    shouldBeLedBy(1);
    assertThat(partition().maybeCut()).containsExactly(2);
  }

  @Test
  void shouldNotCutTheOthersToTheEmptyDiskOfTheLastMember() {
    image = Images.newest(Images.brokers(1, 2, 3));
    register(Images.registration(3, ++incarnations, 3));
    serves(3);
    image = Images.withTopic(image, "a", 1, List.of(1, 2, 3));
    apply(FAILOVER.fence(image, 1));
    apply(FAILOVER.fence(image, 2));
    register(Images.registration(3, ++incarnations, 77));
    serves(3);
    shouldWait();
    serves(1);
    serves(2);
    reports(3, -1, 0);
    reports(1, 4, 20);
    reports(2, 4, 30);
    shouldBeLedBy(2);
  }

  @Test
  void shouldLeadAtOnceWhenTheOthersHaveLostTheirDisks() {
    register(Images.registration(1, ++incarnations, 71));
    register(Images.registration(2, ++incarnations, 72));
    serves(3);
    shouldBeLedBy(3);
    assertThat(partition().maybeCut()).isEmpty();
  }

  @Test
  void shouldLeaveItToAPersonWhereTheTopicSaysSo() {
    strategy("None");
    serves(1);
    serves(2);
    serves(3);
    reports(1, 4, 10);
    reports(2, 4, 30);
    reports(3, 4, 20);
    decides();
    shouldWait();
    assertThat(elect(ElectionType.UNCLEAN)).isEqualTo(Outcome.OK);
    shouldBeLedBy(2);
  }

  @Test
  void shouldElectTheBestOfThoseThatHaveReportedWhenAPersonDoesNotWait() {
    serves(1);
    serves(3);
    reports(1, 4, 10);
    reports(3, 4, 20);
    assertThat(elect(ElectionType.PREFERRED).error())
        .isEqualTo(Errors.PREFERRED_LEADER_NOT_AVAILABLE);
    assertThat(elect(ElectionType.UNCLEAN)).isEqualTo(Outcome.OK);
    shouldBeLedBy(3);
    assertThat(partition().maybeCut()).isEmpty();
  }

  @Test
  void shouldElectSomebodyWhenAPersonDoesNotWaitForAnyReport() {
    serves(2);
    assertThat(elect(ElectionType.UNCLEAN)).isEqualTo(Outcome.OK);
    shouldBeLedBy(2);
  }

  @Test
  void shouldElectUncleanlyOnlyWhoServes() {
    assertThat(elect(ElectionType.UNCLEAN).error())
        .isEqualTo(Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE);
    shouldWait();
  }

  @Test
  void shouldWaitForABoundedTimeWhereTheTopicSaysSo() {
    strategy("Aggressive");
    shouldWaitForABoundedTime();
  }

  @Test
  void shouldWaitForABoundedTimeWhereAnybodyMayLead() {
    image = Images.withConfig(image, "a", "unclean.leader.election.enable", "true");
    shouldWaitForABoundedTime();
  }

  private void shouldWaitForABoundedTime() {
    serves(1);
    serves(2);
    reports(1, 4, 10);
    nowMs += UncleanRecovery.AGGRESSIVE_WAIT_MS - 1;
    reports(2, 4, 20);
    shouldWait();
    nowMs++;
    decides();
    shouldBeLedBy(2);
    assertThat(partition().maybeCut()).isEmpty();
  }

  @Test
  void shouldAskAnotherControllerAnew() {
    serves(1);
    serves(2);
    serves(3);
    reports(1, 4, 10);
    reports(2, 4, 20);
    recovery.clear();
    reports(3, 4, 5);
    shouldWait();
  }

  @Test
  void shouldForgetReportsOnceThereIsALeader() {
    for (int nodeId = 1; nodeId <= 3; nodeId++) {
      serves(nodeId);
      reports(nodeId, 4, 10);
    }
    decides();
    assertThat(recovery.isIdle()).isTrue();
  }

  @Test
  void shouldSayWhoHasNotReported() {
    serves(2);
    assertThat(OfflineReason.of(image, image.topic("a").id(), partition()))
        .contains("not yet reported by 1 (fenced), 3 (fenced)")
        .doesNotContain("2 (");
    serves(1);
    serves(3);
    assertThat(OfflineReason.of(image, image.topic("a").id(), partition()))
        .contains("1, 2, 3 serve and report it");
    apply(
        List.of(
            new ReplicaConditions(image.topic("a").id(), 2, ReplicaCondition.OFFLINE, List.of(0))));
    assertThat(OfflineReason.of(image, image.topic("a").id(), partition()))
        .contains("not yet reported by 2 (serving, its log cannot be used");
  }
}
