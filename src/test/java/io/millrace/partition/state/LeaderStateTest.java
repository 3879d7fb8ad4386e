package io.millrace.partition.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.PartitionImage;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeaderStateTest {
  private static final long MAX_LAG_MS = 1_000;

  /** Node 1 leads, its log ends at 100, and 40 is committed as far as it knows. */
  private static LeaderState leader(List<Integer> isr, int minInsync) {
    return new LeaderState(1, committed(0, isr), minInsync, 100, 40, 0);
  }

  private static LeaderState.Committed committed(int partitionEpoch, List<Integer> isr) {
    return new LeaderState.Committed(5, partitionEpoch, List.of(1, 2, 3), isr);
  }

  private static IsrProposal propose(LeaderState state, long nowMs) {
    return state.propose(nowMs, any -> MAX_LAG_MS, LeaderStateTest::epochOf);
  }

  /** Of the process that a node runs now. */
  private static long epochOf(int nodeId) {
    return 70L + nodeId;
  }

  private static List<Integer> nodes(IsrProposal proposal) {
    return proposal.isr().stream().map(IsrProposal.Member::nodeId).toList();
  }

  private static boolean fetch(LeaderState state, int replica, long offset, long nowMs) {
    return state.onFollowerFetch(replica, epochOf(replica), offset, nowMs);
  }

  private static void start(LeaderState state, int replica, long offset, long localStart) {
    state.onFollowerStart(replica, epochOf(replica), offset, localStart);
  }

  /** Another state of the partition is committed, under the same minimum. */
  private static boolean commit(LeaderState state, int partitionEpoch, Integer... isr) {
    return state.onCommitted(committed(partitionEpoch, List.of(isr)), state.minInsyncReplicas(), 1);
  }

  /** Of 1 and 2 in sync with all that there was; 3 had it, too, and is asked for. */
  private static LeaderState askingFor3() {
    LeaderState state = leader(List.of(1, 2), 1);
    fetch(state, 2, 100, 1);
    fetch(state, 3, 100, 1);
    propose(state, 1);
    state.onLocalEnd(200, 2);
    fetch(state, 2, 200, 2);
    return state;
  }

  @Test
  void shouldCommitAtOnceWhenItIsTheOnlyReplica() {
    LeaderState state = leader(List.of(1), 1);
    assertThat(state.highWatermark()).isEqualTo(100);
    assertThat(state.onLocalEnd(110, 1)).isTrue();
    assertThat(state.highWatermark()).isEqualTo(110);
  }

  @Test
  void shouldWaitForTheSlowestInSyncReplica() {
    LeaderState state = leader(List.of(1, 2, 3), 2);
    assertThat(state.highWatermark()).isEqualTo(40);
    assertThat(fetch(state, 2, 90, 1)).isFalse();
    assertThat(fetch(state, 3, 70, 1)).isTrue();
    assertThat(state.highWatermark()).isEqualTo(70);
  }

  @Test
  void shouldIgnoreReplicasOutsideTheIsr() {
    LeaderState state = leader(List.of(1, 2), 1);
    fetch(state, 2, 80, 1);
    fetch(state, 3, 10, 1);
    assertThat(state.highWatermark()).isEqualTo(80);
  }

  @Test
  void shouldStandStillBelowMinInsyncReplicas() {
    LeaderState state = leader(List.of(1), 2);
    assertThat(state.hasEnoughReplicas()).isFalse();
    assertThat(state.onLocalEnd(200, 1)).isFalse();
    assertThat(state.highWatermark()).isEqualTo(40);
    fetch(state, 2, 150, 1);
    assertThat(commit(state, 1, 1, 2)).isTrue();
    assertThat(state.highWatermark()).isEqualTo(150);
  }

  @Test
  void shouldNeverGoBack() {
    LeaderState state = leader(List.of(1), 1);
    fetch(state, 2, 10, 1);
    assertThat(commit(state, 1, 1, 2)).isFalse();
    assertThat(state.highWatermark()).isEqualTo(100);
  }

  @Test
  void shouldNotBelieveAFollowerThatClaimsMoreThanTheLeaderHas() {
    LeaderState state = leader(List.of(1, 2), 1);
    fetch(state, 2, 5_000, 1);
    assertThat(state.highWatermark()).isEqualTo(100);
    state.onLocalEnd(300, 1);
    assertThat(state.highWatermark()).isEqualTo(100);
  }

  @Test
  void shouldAdvanceWhenTheDemandIsLowered() {
    LeaderState state = leader(List.of(1), 2);
    assertThat(state.onMinInsyncReplicas(1)).isTrue();
    assertThat(state.highWatermark()).isEqualTo(100);
  }

  @Test
  void shouldAskForAFollowerThatHasCaughtUp() {
    LeaderState state = leader(List.of(1, 2), 1);
    fetch(state, 2, 100, 1);
    fetch(state, 3, 99, 1);
    assertThat(propose(state, 1)).as("it lacks a record").isNull();

    fetch(state, 3, 100, 2);

    IsrProposal proposal = propose(state, 2);
    assertThat(nodes(proposal)).containsExactly(1, 2, 3);
    assertThat(proposal.joining()).containsExactly(3);
    assertThat(proposal.isr().get(2).brokerEpoch()).isEqualTo(73);
  }

  @Test
  void shouldCountWhoIsAskedForAsIfItWereInSync() {
    LeaderState state = askingFor3();

    assertThat(state.highWatermark()).isEqualTo(100);
    assertThat(fetch(state, 3, 150, 3)).isTrue();
    assertThat(state.highWatermark()).isEqualTo(150);
  }

  @Test
  void shouldCountItNoMoreWhenItIsRefused() {
    LeaderState state = askingFor3();

    assertThat(state.onRefused(state.proposed())).isTrue();

    assertThat(state.highWatermark()).isEqualTo(200);
  }

  @Test
  void shouldAskForOneChangeAtATime() {
    LeaderState state = leader(List.of(1), 1);
    fetch(state, 2, 100, 1);
    assertThat(propose(state, 1)).isNotNull();
    fetch(state, 3, 100, 1);

    assertThat(propose(state, 1)).isNull();

    commit(state, 1, 1, 2);
    assertThat(propose(state, 1).joining()).containsExactly(3);
  }

  @Test
  void shouldNotAskForAnEarlierProcessOfANode() {
    LeaderState state = leader(List.of(1), 1);
    state.onFollowerFetch(2, epochOf(2) - 1, 100, 1);
    assertThat(propose(state, 1)).isNull();
  }

  @Test
  void shouldNotAskForAFencedBroker() {
    LeaderState state = leader(List.of(1), 1);
    fetch(state, 2, 100, 1);
    assertThat(state.propose(1, any -> MAX_LAG_MS, nodeId -> -1)).isNull();
  }

  @Test
  void shouldDemandEverythingOfEarlierLeadersOfWhoJoins() {
    LeaderState state = leader(List.of(1, 2), 2);
    fetch(state, 3, 60, 1);
    assertThat(state.highWatermark()).isEqualTo(40);
    assertThat(propose(state, 1)).isNull();
  }

  @Test
  void shouldNotLetJoinWhoHasWhatIsDeletedHere() {
    LeaderState state = leader(List.of(1, 2), 2);
    fetch(state, 3, 100, 1);
    start(state, 3, 0, 100);
    assertThat(propose(state, 1)).as("before it has learned where the log starts").isNull();

    start(state, 3, 100, 100);
    assertThat(nodes(propose(state, 1))).containsExactly(1, 2, 3);
  }

  @Test
  void shouldNotBelieveAnEndedProcessWhereTheLogOfTheNextOneStarts() {
    LeaderState state = leader(List.of(1, 2), 2);
    fetch(state, 3, 100, 1);
    start(state, 3, 0, 100);

    state.onFollowerStart(3, epochOf(3) - 1, 100, 100);

    assertThat(propose(state, 1)).isNull();
  }

  @Test
  void shouldAskForTheLeaveOfWhoLagsTooLong() {
    LeaderState state = leader(List.of(1, 2, 3), 1);
    fetch(state, 2, 100, 1_200);
    fetch(state, 3, 99, 1_200);
    assertThat(propose(state, 1_000)).as("in time").isNull();

    IsrProposal proposal = propose(state, 1_300);

    assertThat(proposal.leaving()).containsExactly(3);
    assertThat(nodes(proposal)).containsExactly(1, 2);
    assertThat(state.highWatermark()).as("until it has left").isEqualTo(99);
    commit(state, 1, 1, 2);
    assertThat(state.highWatermark()).isEqualTo(100);
  }

  @Test
  void shouldLetWhoHasEverythingStayHoweverLongAgoItFetched() {
    LeaderState state = leader(List.of(1, 2), 1);
    fetch(state, 2, 100, 1);
    assertThat(propose(state, 1_000_000)).isNull();

    state.onLocalEnd(101, 1_000_000);

    assertThat(propose(state, 1_000_900)).isNull();
    assertThat(propose(state, 1_001_100).leaving()).containsExactly(2);
  }

  @Test
  void shouldHaveLessPatienceWithWhoCannotGetOn() {
    LeaderState state = leader(List.of(1, 2, 3), 1);
    fetch(state, 2, 100, 1);
    fetch(state, 3, 100, 1);
    state.onLocalEnd(101, 2);

    IsrProposal proposal = state.propose(200, node -> node == 2 ? 100 : 1_000, any -> -1);

    assertThat(proposal.leaving()).containsExactly(2);
    assertThat(nodes(proposal)).containsExactly(1, 3);
  }

  @Test
  void shouldCountAsCaughtUpWhoAlwaysGetsWhatThereWasWhenItAsked() {
    LeaderState state = leader(List.of(1, 2), 1);
    fetch(state, 2, 100, 0);
    for (int i = 1; i <= 10; i++) {
      state.onLocalEnd(100 + 10L * i, 500L * i);
      fetch(state, 2, 100 + 10L * (i - 1), 500L * i + 1);
    }
    assertThat(state.lagMs(2, 5_001)).isLessThanOrEqualTo(MAX_LAG_MS);
    assertThat(propose(state, 5_001)).isNull();
  }

  @Test
  void shouldBelieveANewProcessThatHasLess() {
    LeaderState state = leader(List.of(1, 2, 3), 1);
    fetch(state, 2, 100, 1);
    fetch(state, 3, 100, 1);
    state.onLocalEnd(200, 2);
    state.onFollowerFetch(2, 99, 0, 2);
    fetch(state, 3, 200, 2);
    assertThat(state.endOf(2)).isZero();
    assertThat(state.highWatermark()).isEqualTo(100);
  }

  @Test
  void shouldNotMindALateRequestOfOneProcess() {
    LeaderState state = leader(List.of(1, 2), 1);
    fetch(state, 2, 100, 1);
    fetch(state, 2, 50, 2);
    assertThat(state.endOf(2)).isEqualTo(100);
  }

  @Test
  void shouldForgetWhoHasNoReplicaAnyMore() {
    LeaderState state = leader(List.of(1, 2, 3), 1);
    state.onCommitted(
        new LeaderState.Committed(5, 1, List.of(1, 2), List.of(1, 2)),
        state.minInsyncReplicas(),
        1);
    assertThat(state.isFollower(3)).isFalse();
    assertThat(fetch(state, 3, 100, 1)).isFalse();
    assertThat(state.lagMs(3, 1)).isEqualTo(-1);
  }

  private static LeaderState.Committed nextEpoch(List<Integer> replicas, Integer... isr) {
    return new LeaderState.Committed(6, 1, replicas, List.of(isr));
  }

  @Test
  void shouldKnowWhatMembersHaveWhenItsNextEpochBegins() {
    LeaderState state = leader(List.of(1, 2, 3), 1);
    fetch(state, 2, 90, 1);
    fetch(state, 3, 80, 1);

    assertThat(state.onCommitted(nextEpoch(List.of(1, 2), 1, 2), 1, 2)).isTrue();

    assertThat(state.highWatermark()).isEqualTo(90);
    assertThat(state.leaderEpoch()).isEqualTo(6);
  }

  @Test
  void shouldForgetWhatOthersHaveWhenItsNextEpochBegins() {
    LeaderState state = leader(List.of(1, 2), 1);
    fetch(state, 3, 100, 1);

    // It may have lost its replica, and got another one.
    state.onCommitted(nextEpoch(List.of(1, 2, 3), 1, 2), 1, 2);

    assertThat(state.endOf(3)).isEqualTo(-1);
    assertThat(propose(state, 2)).isNull();
    fetch(state, 3, 100, 3);
    assertThat(nodes(propose(state, 3))).containsExactly(1, 2, 3);
  }

  @Test
  void shouldCountNobodyAnyMoreWhoWasAskedForInTheEpochBefore() {
    LeaderState state = askingFor3();

    state.onCommitted(nextEpoch(List.of(1, 2), 1, 2), 1, 2);

    assertThat(state.proposed()).isNull();
    assertThat(state.highWatermark()).isEqualTo(200);
  }

  @Test
  void shouldCountTheLagOfAnEmptyReplicaSinceItFetches() {
    LeaderState state = leader(List.of(1, 2), 1);
    state.onFollowerFetch(3, epochOf(3), 0, 1_000);

    assertThat(state.lagMs(3, 4_000)).isEqualTo(3_000);
  }

  @Test
  void shouldNotTakeAnEpochThatIsNotTheNext() {
    LeaderState state = leader(List.of(1, 2), 1);
    LeaderState.Committed later = new LeaderState.Committed(7, 3, List.of(1, 2), List.of(1, 2));

    assertThatThrownBy(() -> state.onCommitted(later, 1, 2))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static PartitionImage led(int leader, int leaderEpoch) {
    return new PartitionImage(0, List.of(1, 2), List.of(1, 2), List.of(), leader, leaderEpoch, 9);
  }

  @Test
  void shouldGoOnOnlyWhileNobodyElseCanHaveLed() {
    assertThat(LeaderState.goesOn(1, led(1, 5), led(1, 5))).isTrue();
    assertThat(LeaderState.goesOn(1, led(1, 5), led(1, 6))).isTrue();
    assertThat(LeaderState.goesOn(1, led(1, 5), led(1, 7))).isFalse();
    assertThat(LeaderState.goesOn(1, led(1, 5), led(2, 6))).isFalse();
    assertThat(LeaderState.goesOn(1, led(2, 5), led(1, 6))).isFalse();
  }

  @Test
  void shouldNotGoBackToAnOlderState() {
    LeaderState state = leader(List.of(1), 1);
    commit(state, 4, 1, 2);
    commit(state, 3, 1);
    assertThat(state.isrSize()).isEqualTo(2);
  }

  @Test
  void shouldTakeALowerMinimumOnlyTogetherWithTheIsr() {
    LeaderState state = leader(List.of(1, 2), 2);
    state.onCommitted(committed(1, List.of(1)), 2, 1);
    assertThat(state.onLocalEnd(120, 2)).isFalse();

    assertThat(state.onCommitted(committed(2, List.of(1)), 1, 3)).isTrue();
    assertThat(state.highWatermark()).isEqualTo(120);
  }

  @Test
  void shouldNotCountWhatAnEndedProcessHad() {
    LeaderState state = leader(List.of(1, 2), 1);
    fetch(state, 2, 50, 1);

    assertThat(state.onFollowerFetch(2, epochOf(2) - 1, 90, 2)).isFalse();

    assertThat(state.endOf(2)).isEqualTo(50);
    assertThat(state.highWatermark()).isEqualTo(50);
  }

  private static int nearer(LeaderState state, long fetchOffset, Integer... near) {
    return state.nearerReplica(fetchOffset, List.of(near)::contains, 500, 10);
  }

  private static LeaderState followed() {
    LeaderState state = leader(List.of(1, 2, 3), 1);
    fetch(state, 2, 100, 1);
    fetch(state, 3, 80, 1);
    start(state, 2, 0, 0);
    start(state, 3, 0, 0);
    return state;
  }

  @Test
  void shouldSendConsumersToTheNearFollower() {
    assertThat(nearer(followed(), 50, 2)).isEqualTo(2);
    assertThat(nearer(followed(), 50, 3)).isEqualTo(3);
  }

  @Test
  void shouldSendConsumersToTheNearFollowerThatHasMost() {
    assertThat(nearer(followed(), 50, 2, 3)).isEqualTo(2);
  }

  @Test
  void shouldServeConsumersItselfWhenItIsAsNear() {
    assertThat(nearer(followed(), 50, 1, 2, 3)).isEqualTo(-1);
  }

  @Test
  void shouldServeConsumersItselfWhenNobodyIsNear() {
    assertThat(nearer(followed(), 50)).isEqualTo(-1);
  }

  @Test
  void shouldSendNobodyToAFollowerThatLacksTheOffset() {
    assertThat(nearer(followed(), 90, 3)).isEqualTo(-1);
  }

  @Test
  void shouldSendNobodyToAFollowerThatHasTheOffsetNoMore() {
    LeaderState state = followed();
    start(state, 2, 60, 0);

    assertThat(nearer(state, 50, 2)).isEqualTo(-1);
    assertThat(nearer(state, 60, 2)).isEqualTo(2);
  }

  @Test
  void shouldSendNobodyToAFollowerOutsideTheIsr() {
    LeaderState state = followed();
    state.onCommitted(committed(1, List.of(1, 3)), 1, 2);

    assertThat(nearer(state, 50, 2)).isEqualTo(-1);
  }

  @Test
  void shouldSendNobodyToAFollowerThatHasNotCaughtUpForTooLong() {
    LeaderState state = followed();

    assertThat(state.nearerReplica(50, node -> node == 3, 500, 501)).isEqualTo(-1);
  }

  @Test
  void shouldSendNobodyToAFollowerThatHasNotFetchedFromThisLeader() {
    assertThat(nearer(leader(List.of(1, 2, 3), 1), 50, 2)).isEqualTo(-1);
  }
}
