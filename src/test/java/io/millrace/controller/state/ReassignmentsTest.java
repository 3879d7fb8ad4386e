package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.Controller.ElectionType;
import io.millrace.controller.Controller.IsrChange;
import io.millrace.controller.Controller.IsrChanged;
import io.millrace.controller.Controller.IsrMember;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TopicPartition;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** One partition on brokers 1 and 2 of five, led by 1. Broker n has the epoch n. */
class ReassignmentsTest {
  private static final TopicPolicies POLICIES = new TopicPolicies(Images.RULES);
  private static final TopicPartition NAME = new TopicPartition("a", 0);
  private static final Failover FAILOVER = new Failover(POLICIES);

  private MetadataImage image = cluster(List.of(1, 2));

  private static MetadataImage cluster(List<Integer> replicas) {
    MetadataImage image = Images.newest(MetadataImage.EMPTY);
    for (int nodeId = 1; nodeId <= 5; nodeId++) {
      image = Images.with(image, List.of(Images.broker(nodeId, null, false)));
    }
    return Images.withTopic(image, "a", 1, replicas);
  }

  private PartitionImage partition() {
    return image.topic("a").partition(0);
  }

  private void apply(List<MetadataRecord> records) {
    image = Images.with(image, records);
  }

  private Outcome alter(TopicPartition name, List<Integer> replicas, boolean allowFactorChange) {
    Map<TopicPartition, List<Integer>> wanted = new HashMap<>();
    wanted.put(name, replicas);
    var decision = new Reassignments(POLICIES).decide(image, wanted, allowFactorChange);
    apply(decision.records());
    return decision.reply().get(name);
  }

  private Outcome reassign(Integer... replicas) {
    return alter(NAME, List.of(replicas), true);
  }

  private Outcome cancel() {
    return alter(NAME, null, true);
  }

  private IsrChanged isr(Integer... members) {
    List<IsrMember> isr = Arrays.stream(members).map(id -> new IsrMember(id, id)).toList();
    var decision =
        new IsrChanges(POLICIES)
            .decide(
                image,
                partition().leader(),
                partition().leader(),
                List.of(
                    new IsrChange(
                        image.topic("a").id(),
                        0,
                        partition().leaderEpoch(),
                        partition().partitionEpoch(),
                        isr)));
    apply(decision.records());
    return decision.reply().partitions().get(0);
  }

  private void expect(List<Integer> replicas, List<Integer> adding, List<Integer> removing) {
    assertThat(partition().replicas()).isEqualTo(replicas);
    assertThat(partition().adding()).isEqualTo(adding);
    assertThat(partition().removing()).isEqualTo(removing);
  }

  // ---- begin

  @Test
  void shouldAddReplicasBeforeItRemovesOthers() {
    assertThat(reassign(3, 4)).isEqualTo(Outcome.OK);
    expect(List.of(3, 4, 1, 2), List.of(3, 4), List.of(1, 2));
    assertThat(partition().isr()).containsExactly(1, 2);
    assertThat(partition().leader()).isEqualTo(1);
    assertThat(partition().leaderEpoch()).isZero();
  }

  @Test
  void shouldReorderAtOnce() {
    assertThat(reassign(2, 1)).isEqualTo(Outcome.OK);
    expect(List.of(2, 1), List.of(), List.of());
    assertThat(partition().leaderEpoch()).isZero();
  }

  @Test
  void shouldShrinkAtOnceIfThoseWhoStayAreInSync() {
    assertThat(reassign(2)).isEqualTo(Outcome.OK);
    expect(List.of(2), List.of(), List.of());
    assertThat(partition().isr()).containsExactly(2);
    assertThat(partition().leader()).isEqualTo(2);
    assertThat(partition().leaderEpoch()).isEqualTo(1);
  }

  @Test
  void shouldNotShrinkToReplicasThatAreNotInSync() {
    isr(1);
    reassign(2);
    expect(List.of(2, 1), List.of(), List.of(1));
    assertThat(partition().leader()).isEqualTo(1);
    isr(1, 2);
    expect(List.of(2), List.of(), List.of());
  }

  @Test
  void shouldChangeNothingWhenItIsSoAlready() {
    long before = image.offset();
    assertThat(reassign(1, 2)).isEqualTo(Outcome.OK);
    assertThat(image.offset()).isEqualTo(before);
    reassign(3, 4);
    before = image.offset();
    assertThat(reassign(3, 4)).isEqualTo(Outcome.OK);
    assertThat(image.offset()).isEqualTo(before);
  }

  @Test
  void shouldRefuseReplicasThatCannotBe() {
    for (List<Integer> replicas :
        List.of(List.<Integer>of(), List.of(1, 1), List.of(9), List.of(-1))) {
      assertThat(alter(NAME, replicas, true).error())
          .as("%s", replicas)
          .isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
    }
    expect(List.of(1, 2), List.of(), List.of());
  }

  @Test
  void shouldRefusePartitionsThatAreNotThere() {
    assertThat(alter(new TopicPartition("b", 0), List.of(1), true).error())
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    assertThat(alter(new TopicPartition("a", 1), null, true).error())
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  @Test
  void shouldRefuseAnotherReplicationFactorIfAsked() {
    assertThat(alter(NAME, List.of(3, 4, 5), false).error())
        .isEqualTo(Errors.INVALID_REPLICATION_FACTOR);
    assertThat(alter(NAME, List.of(3, 4), false)).isEqualTo(Outcome.OK);
    assertThat(alter(NAME, List.of(3), false).error()).isEqualTo(Errors.INVALID_REPLICATION_FACTOR);
    assertThat(alter(NAME, List.of(5, 1), false)).isEqualTo(Outcome.OK);
  }

  @Test
  void shouldRefuseBeforeTheFormatIsFinalized() {
    image = Images.withTopic(Images.brokers(1, 2, 3), "a", 1, List.of(1, 2));
    Outcome refused = reassign(3, 2);
    assertThat(refused.error()).isEqualTo(Errors.UNSUPPORTED_VERSION);
    assertThat(refused.message()).contains("metadata.version is 1").contains("finalize 3");
  }

  // ---- completion

  @Test
  void shouldCompleteWhenAllAreInSync() {
    reassign(3, 4);
    assertThat(isr(1, 2, 3).outcome()).isEqualTo(Outcome.OK);
    expect(List.of(3, 4, 1, 2), List.of(3, 4), List.of(1, 2));
    IsrChanged last = isr(1, 2, 3, 4);
    assertThat(last.outcome().error()).isEqualTo(Errors.NEW_LEADER_ELECTED);
    expect(List.of(3, 4), List.of(), List.of());
    assertThat(partition().isr()).containsExactly(3, 4);
    assertThat(partition().leader()).isEqualTo(3);
    assertThat(partition().leaderEpoch()).isEqualTo(1);
  }

  @Test
  void shouldFenceReplicasThatLeaveThoughTheLeaderStays() {
    reassign(1, 3);
    assertThat(isr(1, 2, 3).outcome().error()).isEqualTo(Errors.NEW_LEADER_ELECTED);
    expect(List.of(1, 3), List.of(), List.of());
    assertThat(partition().leader()).isEqualTo(1);
    assertThat(partition().leaderEpoch()).isEqualTo(1);
  }

  @Test
  void shouldGrowUnderOneLeader() {
    reassign(1, 2, 3);
    assertThat(isr(1, 2, 3))
        .isEqualTo(new IsrChanged(image.topic("a").id(), 0, Outcome.OK, 1, 0, List.of(1, 2, 3), 2));
    expect(List.of(1, 2, 3), List.of(), List.of());
    assertThat(partition().partitionEpoch()).isEqualTo(2);
    assertThat(partition().leaderEpoch()).isZero();
  }

  @Test
  void shouldCompleteAlthoughAReplicaThatLeavesIsGone() {
    reassign(3, 4);
    apply(FAILOVER.fence(image, 1));
    assertThat(partition().leader()).isEqualTo(2);
    isr(2, 3, 4);
    expect(List.of(3, 4), List.of(), List.of());
  }

  @Test
  void shouldWaitForAReplicaThatIsAdded() {
    reassign(3, 4);
    apply(FAILOVER.fence(image, 4));
    isr(1, 2, 3);
    expect(List.of(3, 4, 1, 2), List.of(3, 4), List.of(1, 2));
    apply(FAILOVER.unfence(image, 4));
    expect(List.of(3, 4, 1, 2), List.of(3, 4), List.of(1, 2));
    isr(1, 2, 3, 4);
    expect(List.of(3, 4), List.of(), List.of());
  }

  @Test
  void shouldLetAReplicaThatIsAddedLead() {
    reassign(3, 4);
    isr(1, 2, 3);
    apply(FAILOVER.fence(image, 1));
    assertThat(partition().leader()).isEqualTo(3);
    expect(List.of(3, 4, 1, 2), List.of(3, 4), List.of(1, 2));
  }

  @Test
  void shouldElectUncleanlyWhomItHadBeforeWhomItAdds() {
    isr(1);
    reassign(3, 4);
    apply(FAILOVER.fence(image, 1));
    assertThat(partition().leader()).isEqualTo(PartitionImage.NO_LEADER);
    apply(new Elections(POLICIES).decide(image, ElectionType.UNCLEAN, Set.of(NAME)).records());
    assertThat(partition().leader()).isEqualTo(2);
    assertThat(partition().possibleLoss()).isTrue();
    expect(List.of(3, 4, 1, 2), List.of(3, 4), List.of(1, 2));
  }

  // ---- cancellation

  @Test
  void shouldCancel() {
    reassign(3, 4);
    isr(1, 2, 3);
    assertThat(cancel()).isEqualTo(Outcome.OK);
    expect(List.of(1, 2), List.of(), List.of());
    assertThat(partition().isr()).containsExactly(1, 2);
    assertThat(partition().leader()).isEqualTo(1);
    assertThat(partition().leaderEpoch()).isEqualTo(1);
  }

  @Test
  void shouldRefuseToCancelWhatIsNotUnderWay() {
    assertThat(cancel().error()).isEqualTo(Errors.NO_REASSIGNMENT_IN_PROGRESS);
    reassign(3, 4);
    cancel();
    assertThat(cancel().error()).isEqualTo(Errors.NO_REASSIGNMENT_IN_PROGRESS);
  }

  @Test
  void shouldMoveTheLeaderAwayFromAReplicaThatLeavesAgain() {
    reassign(3, 4);
    isr(1, 2, 3);
    apply(FAILOVER.fence(image, 1));
    cancel();
    expect(List.of(1, 2), List.of(), List.of());
    assertThat(partition().leader()).isEqualTo(2);
    assertThat(partition().isr()).containsExactly(2);
  }

  @Test
  void shouldNotCancelIntoALoss() {
    reassign(3, 4);
    isr(1, 2, 3);
    apply(FAILOVER.fence(image, 1));
    apply(FAILOVER.fence(image, 2));
    assertThat(partition().isr()).containsExactly(3);
    Outcome refused = cancel();
    assertThat(refused.error()).isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
    assertThat(refused.message()).contains("unclean leader election");
    expect(List.of(3, 4, 1, 2), List.of(3, 4), List.of(1, 2));
  }

  @Test
  void shouldCancelIntoALossThatTheTopicAllows() {
    image = Images.withConfig(image, "a", "unclean.leader.election.enable", "true");
    reassign(3, 4);
    isr(1, 2, 3);
    apply(FAILOVER.fence(image, 1));
    apply(FAILOVER.fence(image, 2));
    apply(FAILOVER.unfence(image, 2));
    assertThat(cancel()).isEqualTo(Outcome.OK);
    expect(List.of(1, 2), List.of(), List.of());
    assertThat(partition().leader()).isEqualTo(2);
    assertThat(partition().possibleLoss()).isTrue();
  }

  @Test
  void shouldCancelToTheLastIsr() {
    image = Images.withConfig(image, "a", "min.insync.replicas", "2");
    isr(1);
    assertThat(partition().lastIsr()).containsExactly(2);
    reassign(3, 2);
    cancel();
    expect(List.of(2, 1), List.of(), List.of());
    assertThat(partition().lastIsr()).containsExactly(2);
  }

  // ---- replacement

  @Test
  void shouldReplaceAReassignmentByAnother() {
    reassign(3, 4);
    isr(1, 2, 3, 4);
    reassign(1, 2);
    isr(3, 4, 1);
    reassign(5, 4);
    // What was there before the first stays until the second is complete; 1 was only being added.
    expect(List.of(5, 4, 3), List.of(5), List.of(3));
    assertThat(partition().isr()).containsExactlyInAnyOrder(3, 4);
    cancel();
    expect(List.of(4, 3), List.of(), List.of());
  }

  @Test
  void shouldKeepAddingWhatBothReassignmentsAdd() {
    reassign(3, 4);
    reassign(3, 5);
    expect(List.of(3, 5, 1, 2), List.of(3, 5), List.of(1, 2));
  }

  @Test
  void shouldGoBackByAReassignmentToWhatWas() {
    reassign(3, 4);
    reassign(1, 2);
    expect(List.of(1, 2), List.of(), List.of());
  }
}
