package io.millrace.partition.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class IsrShiftTest {
  private static final List<Integer> REPLICAS = List.of(1, 2, 3);

  private static IsrProposal proposalWithout(int leaving) {
    return new IsrProposal(5, 6, List.of(), List.of(), List.of(leaving));
  }

  @Test
  void shouldCountWhoHasCaughtUp() {
    assertThat(IsrShift.between(List.of(1), List.of(1, 2, 3), REPLICAS, null))
        .isEqualTo(new IsrShift(2, 0, 0, 0));
  }

  @Test
  void shouldCountAsLaggingWhomTheLeaderWantedOut() {
    assertThat(IsrShift.between(REPLICAS, List.of(1, 2), REPLICAS, proposalWithout(3)))
        .isEqualTo(new IsrShift(0, 1, 0, 0));
  }

  @Test
  void shouldCountAsFencedWhomTheControllerTookOut() {
    assertThat(IsrShift.between(REPLICAS, List.of(1, 3), REPLICAS, proposalWithout(3)))
        .isEqualTo(new IsrShift(0, 0, 1, 0));
  }

  @Test
  void shouldCountAsReassignedWhoHasNoReplicaAnyMore() {
    assertThat(IsrShift.between(REPLICAS, List.of(1, 2), List.of(1, 2), proposalWithout(3)))
        .isEqualTo(new IsrShift(0, 0, 0, 1));
  }

  @Test
  void shouldNotTakeForCaughtUpWhoIsElected() {
    assertThat(IsrShift.atElection(List.of(1), List.of(2), REPLICAS))
        .isEqualTo(new IsrShift(0, 0, 1, 0));
  }
}
