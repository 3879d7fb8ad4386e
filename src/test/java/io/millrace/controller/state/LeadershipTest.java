package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.Controller.ElectionType;
import io.millrace.controller.Controller.IsrChange;
import io.millrace.controller.Controller.IsrChanged;
import io.millrace.controller.Controller.IsrMember;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TopicId;
import io.millrace.model.TopicPartition;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** ISR changes, elections, balance, internal topics. Brokers 1, 2, 3 have the epochs 0, 1, 2. */
class LeadershipTest extends ChangingImage {
  private final TopicId id = image.topic("a").id();

  LeadershipTest() {
    super(Images.withTopic(Images.brokers(1, 2, 3), "a", 2, List.of(1, 2, 3)));
  }

  private PartitionImage partition(int index) {
    return image.topic("a").partition(index);
  }

  // ---- ISR

  private IsrChanged change(
      int nodeId, TopicId topic, int index, int leaderEpoch, int epoch, IsrMember... isr) {
    var decision =
        new IsrChanges(POLICIES)
            .decide(
                image,
                nodeId,
                nodeId - 1,
                List.of(new IsrChange(topic, index, leaderEpoch, epoch, List.of(isr))));
    apply(decision.records());
    return decision.reply().partitions().get(0);
  }

  private static IsrMember member(int nodeId) {
    return new IsrMember(nodeId, nodeId - 1);
  }

  @Test
  void shouldShrinkAndGrowTheIsr() {
    assertThat(change(1, id, 0, 0, 0, member(1)))
        .isEqualTo(new IsrChanged(id, 0, Outcome.OK, 1, 0, List.of(1), 1));
    assertThat(partition(0).isr()).containsExactly(1);
    assertThat(change(1, id, 0, 0, 1, member(1), member(3)).partitionEpoch()).isEqualTo(2);
    assertThat(partition(0))
        .isEqualTo(new PartitionImage(0, List.of(1, 2, 3), List.of(1, 3), List.of(), 1, 0, 2));
  }

  @Test
  void shouldAcceptTheIsrThatIsThere() {
    assertThat(change(1, id, 0, 0, 0, member(3), member(2), member(1)))
        .isEqualTo(new IsrChanged(id, 0, Outcome.OK, 1, 0, List.of(1, 2, 3), 0));
    assertThat(partition(0).partitionEpoch()).isEqualTo(0);
  }

  @Test
  void shouldRefuseIsrChangesOfThePast() {
    apply(
        List.of(
            new MetadataRecord.PartitionChange(id, 0, null, null, null, 1),
            new MetadataRecord.PartitionChange(id, 0, null, null, null, 1)));
    assertThat(change(1, id, 0, 1, 2, member(1)).outcome().error())
        .isEqualTo(Errors.FENCED_LEADER_EPOCH);
    assertThat(change(1, id, 0, 2, 1, member(1)).outcome().error())
        .isEqualTo(Errors.INVALID_UPDATE_VERSION);
    assertThat(change(1, id, 0, 3, 2, member(1)).outcome().error())
        .isEqualTo(Errors.NOT_CONTROLLER);
    assertThat(change(1, id, 0, 2, 3, member(1)).outcome().error())
        .isEqualTo(Errors.NOT_CONTROLLER);
    assertThat(change(1, id, 0, 2, 2, member(1)).outcome().error()).isEqualTo(Errors.NONE);
  }

  @Test
  void shouldRefuseIsrsThatCannotBe() {
    assertThat(change(2, id, 0, 0, 0, member(2)).outcome().error())
        .isEqualTo(Errors.INVALID_REQUEST);
    assertThat(change(1, id, 0, 0, 0, member(2)).outcome().error())
        .isEqualTo(Errors.INVALID_REQUEST);
    assertThat(change(1, id, 0, 0, 0, member(1), member(1)).outcome().error())
        .isEqualTo(Errors.INVALID_REQUEST);
    assertThat(change(1, id, 0, 0, 0, member(1), member(4)).outcome().error())
        .isEqualTo(Errors.INVALID_REQUEST);
    assertThat(change(1, id, 7, 0, 0, member(1)).outcome().error())
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    assertThat(change(1, new TopicId(8, 8), 0, 0, 0, member(1)).outcome().error())
        .isEqualTo(Errors.UNKNOWN_TOPIC_ID);
  }

  @Test
  void shouldNotTakeMembersThatDoNotServeOrAreOthersNow() {
    change(1, id, 0, 0, 0, member(1));
    assertThat(change(1, id, 0, 0, 1, member(1), new IsrMember(2, 77)).outcome().error())
        .isEqualTo(Errors.INELIGIBLE_REPLICA);
    apply(List.of(new MetadataRecord.StopBroker(3, 2)));
    assertThat(change(1, id, 0, 0, 2, member(1), member(3)).outcome().error())
        .isEqualTo(Errors.INELIGIBLE_REPLICA);
    apply(List.of(new MetadataRecord.FenceBroker(2, 1)));
    assertThat(change(1, id, 0, 0, 3, member(1), member(2)).outcome().error())
        .isEqualTo(Errors.INELIGIBLE_REPLICA);
    assertThat(partition(0).isr()).containsExactly(1);
  }

  @Test
  void shouldNotCarryOutALateCopyOfWhatItHasRefused() {
    change(1, id, 0, 0, 0, member(1));
    apply(List.of(new MetadataRecord.FenceBroker(2, 1)));
    assertThat(change(1, id, 0, 0, 1, member(1), member(2)).outcome().error())
        .isEqualTo(Errors.INELIGIBLE_REPLICA);
    apply(List.of(new MetadataRecord.UnfenceBroker(2, 1)));

    // The leader has given up the proposal, and commits without broker 2.
    assertThat(change(1, id, 0, 0, 1, member(1), member(2)).outcome().error())
        .isEqualTo(Errors.INVALID_UPDATE_VERSION);

    assertThat(partition(0).isr()).containsExactly(1);
  }

  @Test
  void shouldRefuseTheIsrsOfAnotherRegistration() {
    var reply = new IsrChanges(POLICIES).decide(image, 1, 5, List.of()).reply();
    assertThat(reply.outcome().error()).isEqualTo(Errors.STALE_BROKER_EPOCH);
  }

  @Test
  void shouldRefuseAPartitionThatIsNamedTwice() {
    IsrChange change = new IsrChange(id, 0, 0, 0, List.of(member(1)));
    var decision = new IsrChanges(POLICIES).decide(image, 1, 0, List.of(change, change));
    assertThat(decision.records()).hasSize(1);
    assertThat(decision.reply().partitions().get(1).outcome().error())
        .isEqualTo(Errors.INVALID_REQUEST);
  }

  // ---- Elections

  private Map<TopicPartition, Outcome> elect(ElectionType type, TopicPartition... asked) {
    var decision =
        new Elections(POLICIES).decide(image, type, asked.length == 0 ? null : Set.of(asked));
    apply(decision.records());
    return decision.reply();
  }

  private void inSync(int leader, Integer... isr) {
    for (PartitionImage partition : image.topic("a").partitions()) {
      IsrMember[] members =
          Set.of(isr).stream().map(LeadershipTest::member).toArray(IsrMember[]::new);
      change(
          leader,
          id,
          partition.partition(),
          partition.leaderEpoch(),
          partition.partitionEpoch(),
          members);
    }
  }

  @Test
  void shouldElectPreferredLeaders() {
    away(1);
    back(1);
    TopicPartition first = new TopicPartition("a", 0);
    assertThat(elect(ElectionType.PREFERRED, first).get(first).error())
        .isEqualTo(Errors.PREFERRED_LEADER_NOT_AVAILABLE);
    inSync(2, 1, 2, 3);
    assertThat(elect(ElectionType.PREFERRED, first).get(first)).isEqualTo(Outcome.OK);
    assertThat(partition(0).leader()).isEqualTo(1);
    assertThat(partition(1).leader()).isEqualTo(2);
    assertThat(elect(ElectionType.PREFERRED)).containsOnlyKeys(new TopicPartition("a", 1));
    assertThat(elect(ElectionType.PREFERRED)).isEmpty();
    assertThat(elect(ElectionType.PREFERRED, first).get(first).error())
        .isEqualTo(Errors.ELECTION_NOT_NEEDED);
    TopicPartition none = new TopicPartition("none", 0);
    assertThat(elect(ElectionType.PREFERRED, none).get(none).error())
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  @Test
  void shouldElectUncleanlyOnlyWhereThereIsNoLeader() {
    assertThat(elect(ElectionType.UNCLEAN)).isEmpty();
    away(2);
    away(3);
    away(1);
    TopicPartition first = new TopicPartition("a", 0);
    assertThat(elect(ElectionType.UNCLEAN, first).get(first).error())
        .isEqualTo(Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE);
    back(3);
    assertThat(partition(0).leader()).isEqualTo(-1);
    assertThat(OfflineReason.of(image, id, partition(0)))
        .contains("1 (fenced)")
        .contains("unclean election");
    apply(List.of(new MetadataRecord.Feature("metadata.version", 2)));
    assertThat(elect(ElectionType.UNCLEAN, first).get(first)).isEqualTo(Outcome.OK);
    assertThat(partition(0).leader()).isEqualTo(3);
    assertThat(partition(0).isr()).containsExactly(3);
    assertThat(partition(0).possibleLoss()).isTrue();
    assertThat(OfflineReason.of(image, id, partition(0))).isNull();
  }

  @Test
  void shouldElectUncleanlyByItselfOnceTheTopicAllowsIt() {
    away(2);
    away(3);
    away(1);
    back(3);
    var set = new Config(ConfigResource.topic("a"), "unclean.leader.election.enable", "true");
    apply(
        new ConfigConsequences(POLICIES)
            .complete(image, new Decision<>(List.of(set), ""))
            .records());
    assertThat(partition(1).leader()).isEqualTo(3);
  }

  // ---- The last ISR

  @Test
  void shouldRecoverFromTheLastIsr() {
    image = Images.withConfig(image, "a", "min.insync.replicas", "2");
    away(3);
    away(2);
    away(1);
    assertThat(partition(0).isr()).containsExactly(1);
    assertThat(partition(0).lastIsr()).containsExactly(2);
    back(3);
    assertThat(partition(0).leader()).isEqualTo(-1);
    assertThat(OfflineReason.of(image, id, partition(0))).contains("1 (fenced), 2 (fenced)");
    back(2);
    assertThat(partition(0).leader()).isEqualTo(2);
    assertThat(partition(0).lastIsr()).containsExactly(1);
  }

  @Test
  void shouldForgetTheLastIsrWithALowerMinimum() {
    image = Images.withConfig(image, "a", "min.insync.replicas", "2");
    away(3);
    away(2);
    assertThat(partition(0).lastIsr()).containsExactly(2);
    var set = new Config(ConfigResource.topic("a"), "min.insync.replicas", "1");
    apply(
        new ConfigConsequences(POLICIES)
            .complete(image, new Decision<>(List.of(set), ""))
            .records());
    assertThat(partition(0).lastIsr()).isEmpty();
    away(1);
    back(2);
    assertThat(partition(0).leader()).isEqualTo(-1);
  }

  @Test
  void shouldTakeTheMinimumOfTheClusterWhereTheTopicHasNone() {
    apply(List.of(new Config(ConfigResource.brokerDefault(), "min.insync.replicas", "3")));
    away(3);
    assertThat(partition(0).lastIsr()).containsExactly(3);
  }

  // ---- Balance

  @Test
  void shouldGiveLeadersBackWhenTooManyAreMissing() {
    away(1);
    back(1);
    inSync(2, 1, 2, 3);
    assertThat(new LeaderBalance(POLICIES, 100).decide(image)).isEmpty();
    List<MetadataRecord> moves = new LeaderBalance(POLICIES, 99).decide(image);
    assertThat(moves).hasSize(2);
    apply(moves);
    assertThat(image.topic("a").partitions()).allMatch(p -> p.leader() == 1);
    assertThat(new LeaderBalance(POLICIES, 0).decide(image)).isEmpty();
  }

  @Test
  void shouldNotGiveLeadersToWhoIsNotInSync() {
    away(1);
    back(1);
    assertThat(new LeaderBalance(POLICIES, 10).decide(image)).isEmpty();
  }

  // ---- Internal topics

  @Test
  void shouldAddReplicasOutsideTheIsr() {
    MetadataImage three =
        Images.withTopic(
            Images.with(
                Images.brokers(1, 2),
                List.of(Images.broker(3, null, false), Images.broker(4, null, true))),
            "__consumer_offsets",
            6,
            List.of(1));
    List<MetadataRecord> records =
        new InternalTopics(Map.of("__consumer_offsets", 2, "none", 3)).decide(three);
    MetadataImage after = Images.with(three, records);
    int onTwo = 0;
    for (PartitionImage partition : after.topic("__consumer_offsets").partitions()) {
      assertThat(partition.replicas()).hasSize(2).startsWith(1).doesNotContain(4);
      assertThat(partition.isr()).containsExactly(1);
      assertThat(partition.leader()).isEqualTo(1);
      assertThat(partition.leaderEpoch()).isEqualTo(0);
      onTwo += partition.replicas().contains(2) ? 1 : 0;
    }
    assertThat(onTwo).isEqualTo(3);
    assertThat(new InternalTopics(Map.of("__consumer_offsets", 2)).decide(after)).isEmpty();
  }

  @Test
  void shouldAddReplicasInOtherRacksFirst() {
    MetadataImage racks =
        Images.with(
            MetadataImage.EMPTY,
            List.of(
                Images.broker(1, "x", false),
                Images.broker(2, "x", false),
                Images.broker(3, "y", false)));
    MetadataImage image = Images.withTopic(racks, "t", 2, List.of(1));
    MetadataImage after = Images.with(image, new InternalTopics(Map.of("t", 2)).decide(image));
    assertThat(after.topic("t").partitions()).allMatch(p -> p.replicas().equals(List.of(1, 3)));
  }
}
