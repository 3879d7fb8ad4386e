package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.BrokerRegistration.Tails;
import io.millrace.controller.Controller.ElectionType;
import io.millrace.controller.Controller.IsrChange;
import io.millrace.controller.Controller.IsrMember;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.ReplicaReport;
import io.millrace.controller.state.Registrations.Standing;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.TopicId;
import io.millrace.model.TopicPartition;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Brokers 1, 2, 3 have the epochs 1, 2, 3, and replicas of both partitions of a topic. */
class ReplicaReportsTest extends ChangingImage {
  private static final ReplicaReports REPORTS = new ReplicaReports(POLICIES);
  private static final TopicPartition FIRST = new TopicPartition("a", 0);

  private final TopicId id = image.topic("a").id();

  ReplicaReportsTest() {
    super(start());
  }

  private static MetadataImage start() {
    MetadataImage brokers =
        Images.with(
            Images.newest(MetadataImage.EMPTY),
            List.of(
                Images.broker(1, null, false),
                Images.broker(2, null, false),
                Images.broker(3, null, false)));
    return Images.withTopic(brokers, "a", 2, List.of(1, 2, 3));
  }

  private PartitionImage partition() {
    return image.topic("a").partition(0);
  }

  private Outcome report(int nodeId, ReplicaCondition condition) {
    var decision =
        REPORTS.decide(image, nodeId, nodeId, List.of(new ReplicaReport(id, 0, condition)));
    apply(decision.records());
    return decision.reply();
  }

  private Outcome changeIsr(int... isr) {
    PartitionImage now = partition();
    List<IsrMember> members = Arrays.stream(isr).mapToObj(node -> new IsrMember(node, -1)).toList();
    var decision =
        new IsrChanges(POLICIES)
            .decide(
                image,
                now.leader(),
                now.leader(),
                List.of(new IsrChange(id, 0, now.leaderEpoch(), now.partitionEpoch(), members)));
    apply(decision.records());
    return decision.reply().partitions().get(0).outcome();
  }

  @Test
  void shouldElectAnotherLeaderWhenTheLogOfTheLeaderFails() {
    assertThat(report(1, ReplicaCondition.OFFLINE)).isEqualTo(Outcome.OK);

    assertThat(partition())
        .isEqualTo(new PartitionImage(0, List.of(1, 2, 3), List.of(2, 3), List.of(), 2, 1, 1));
    assertThat(image.topic("a").partition(1).leader()).isEqualTo(1);
  }

  @Test
  void shouldTakeAFollowerWhoseLogFailsOutOfTheIsr() {
    report(2, ReplicaCondition.OFFLINE);

    assertThat(partition())
        .isEqualTo(new PartitionImage(0, List.of(1, 2, 3), List.of(1, 3), List.of(), 1, 0, 1));
  }

  @Test
  void shouldHaveNoLeaderWhenTheLogOfTheLastInSyncReplicaFails() {
    away(2);
    away(3);

    report(1, ReplicaCondition.OFFLINE);

    assertThat(partition().leader()).isEqualTo(-1);
    assertThat(partition().isr()).containsExactly(1);
    assertThat(OfflineReason.of(image, id, partition()))
        .contains("1 (serving, its log cannot be used: see the log directories there)");
    back(2);
    assertThat(partition().leader()).isEqualTo(-1);
  }

  @Test
  void shouldLeadAgainWhenTheLogIsBack() {
    away(2);
    away(3);
    report(1, ReplicaCondition.OFFLINE);

    report(1, ReplicaCondition.ONLINE);

    assertThat(partition().leader()).isEqualTo(1);
    assertThat(partition().leaderEpoch()).isEqualTo(2);
    assertThat(partition().possibleLoss()).isFalse();
    assertThat(image.allOnline()).isTrue();
  }

  @Test
  void shouldFallBackOnTheLastIsr() {
    image = Images.withConfig(image, "a", "min.insync.replicas", "2");
    away(3);
    away(2);
    back(2);
    assertThat(partition().lastIsr()).containsExactly(2);

    report(1, ReplicaCondition.OFFLINE);

    assertThat(partition().leader()).isEqualTo(2);
    assertThat(partition().isr()).containsExactly(2);
    assertThat(partition().lastIsr()).containsExactly(1);
  }

  @Test
  void shouldNotElectAReplicaThatIsOffline() {
    report(1, ReplicaCondition.OFFLINE);

    var preferred = new Elections(POLICIES).decide(image, ElectionType.PREFERRED, Set.of(FIRST));
    assertThat(preferred.reply().get(FIRST).error())
        .isEqualTo(Errors.PREFERRED_LEADER_NOT_AVAILABLE);
    assertThat(new LeaderBalance(POLICIES, 0).decide(image)).isEmpty();
    away(2);
    away(3);
    assertThat(partition().leader()).isEqualTo(-1);
    var unclean = new Elections(POLICIES).decide(image, ElectionType.UNCLEAN, Set.of(FIRST));
    assertThat(unclean.reply().get(FIRST).error()).isEqualTo(Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE);
  }

  @Test
  void shouldTakeNoReplicaIntoTheIsrThatIsOffline() {
    report(3, ReplicaCondition.OFFLINE);

    assertThat(changeIsr(1, 2, 3).error()).isEqualTo(Errors.INELIGIBLE_REPLICA);
    report(3, ReplicaCondition.ONLINE);
    assertThat(changeIsr(1, 2, 3)).isEqualTo(Outcome.OK);
  }

  @Test
  void shouldRememberItWhenTheBrokerRegistersAgain() {
    report(1, ReplicaCondition.OFFLINE);

    apply(
        new Registrations(FAILOVER)
            .register(image, Images.registration(1, 5, 1), new Standing(false, false))
            .records());

    assertThat(image.condition(1, id, 0)).isEqualTo(ReplicaCondition.OFFLINE);
  }

  @Test
  void shouldNotTrustADiskThatHasFailedAfterACrash() {
    image = Images.withConfig(image, "a", "min.insync.replicas", "2");
    away(3);
    report(1, ReplicaCondition.OFFLINE);
    assertThat(partition().lastIsr()).containsExactly(1);

    apply(
        new Registrations(FAILOVER)
            .register(
                image,
                Images.tails(Images.registration(1, 5, 1), Tails.RECOVERED),
                new Standing(false, false))
            .records());

    assertThat(partition().lastIsr()).isEmpty();
  }

  @Test
  void shouldHandTheLeadOverToAReplicaThatHasSpace() {
    report(1, ReplicaCondition.FULL);

    assertThat(partition())
        .isEqualTo(new PartitionImage(0, List.of(1, 2, 3), List.of(1, 2, 3), List.of(), 2, 1, 1));
    report(2, ReplicaCondition.FULL);
    report(3, ReplicaCondition.FULL);
    assertThat(partition().leader()).as("nobody has space, and one can be read").isEqualTo(3);
    report(1, ReplicaCondition.ONLINE);
    apply(REPORTS.handOver(image));
    assertThat(partition().leader()).isEqualTo(1);
  }

  @Test
  void shouldKeepALeaderWithoutSpaceWhileNobodyElseIsInSync() {
    away(2);
    away(3);

    report(1, ReplicaCondition.FULL);

    assertThat(partition().leader()).isEqualTo(1);
    back(2);
    assertThat(changeIsr(1, 2)).isEqualTo(Outcome.OK);
    apply(REPORTS.handOver(image));
    assertThat(partition().leader()).isEqualTo(2);
    assertThat(REPORTS.handOver(image)).isEmpty();
  }

  @Test
  void shouldChangeNothingWhenItHearsTheSameAgain() {
    report(1, ReplicaCondition.OFFLINE);
    MetadataImage before = image;

    assertThat(report(1, ReplicaCondition.OFFLINE)).isEqualTo(Outcome.OK);

    assertThat(image.offset()).isEqualTo(before.offset());
  }

  @Test
  void shouldPassOverReplicasThatAreNotThere() {
    var decision =
        REPORTS.decide(
            image,
            1,
            1,
            List.of(
                new ReplicaReport(id, 7, ReplicaCondition.OFFLINE),
                new ReplicaReport(new TopicId(8, 8), 0, ReplicaCondition.OFFLINE)));
    assertThat(decision.records()).isEmpty();
    assertThat(decision.reply()).isEqualTo(Outcome.OK);
  }

  @Test
  void shouldRefuseTheReportOfAnotherRegistration() {
    var reports = List.of(new ReplicaReport(id, 0, ReplicaCondition.OFFLINE));
    assertThat(REPORTS.decide(image, 1, 9, reports).reply().error())
        .isEqualTo(Errors.STALE_BROKER_EPOCH);
    assertThat(REPORTS.decide(image, 4, 9, reports).reply().error())
        .isEqualTo(Errors.BROKER_ID_NOT_REGISTERED);
  }

  @Test
  void shouldKnowNoConditionsBeforeTheyAreFinalized() {
    image = Images.withTopic(Images.brokers(1, 2), "a", 1, List.of(1, 2));
    var reports = List.of(new ReplicaReport(id, 0, ReplicaCondition.OFFLINE));
    assertThat(REPORTS.decide(image, 1, 0, reports).reply().error())
        .isEqualTo(Errors.UNSUPPORTED_VERSION);
  }
}
