package io.millrace.partition.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LeaderStateTest {
  private static LeaderState leader(List<Integer> isr, int minInsync) {
    return new LeaderState(1, 5, isr, minInsync, 100, 40);
  }

  @Test
  void shouldCommitAtOnceWhenItIsTheOnlyReplica() {
    LeaderState state = leader(List.of(1), 1);
    assertThat(state.highWatermark()).isEqualTo(100);
    assertThat(state.onLocalEnd(110)).isTrue();
    assertThat(state.highWatermark()).isEqualTo(110);
  }

  @Test
  void shouldWaitForTheSlowestInSyncReplica() {
    LeaderState state = leader(List.of(1, 2, 3), 2);
    assertThat(state.highWatermark()).isEqualTo(40);
    assertThat(state.onFollowerEnd(2, 90)).isFalse();
    assertThat(state.onFollowerEnd(3, 70)).isTrue();
    assertThat(state.highWatermark()).isEqualTo(70);
  }

  @Test
  void shouldIgnoreReplicasOutsideTheIsr() {
    LeaderState state = leader(List.of(1, 2), 1);
    state.onFollowerEnd(2, 80);
    state.onFollowerEnd(3, 10);
    assertThat(state.highWatermark()).isEqualTo(80);
  }

  @Test
  void shouldStandStillBelowMinInsyncReplicas() {
    LeaderState state = leader(List.of(1), 2);
    assertThat(state.hasEnoughReplicas()).isFalse();
    assertThat(state.onLocalEnd(200)).isFalse();
    assertThat(state.highWatermark()).isEqualTo(40);
    state.onFollowerEnd(2, 150);
    assertThat(state.onCommittedIsr(List.of(1, 2))).isTrue();
    assertThat(state.highWatermark()).isEqualTo(150);
  }

  @Test
  void shouldNeverGoBack() {
    LeaderState state = leader(List.of(1), 1);
    state.onFollowerEnd(2, 10);
    assertThat(state.onCommittedIsr(List.of(1, 2))).isFalse();
    assertThat(state.highWatermark()).isEqualTo(100);
  }

  @Test
  void shouldNotBelieveAFollowerThatClaimsMoreThanTheLeaderHas() {
    LeaderState state = leader(List.of(1, 2), 1);
    state.onFollowerEnd(2, 5_000);
    assertThat(state.highWatermark()).isEqualTo(100);
    state.onLocalEnd(300);
    assertThat(state.highWatermark()).isEqualTo(100);
  }

  @Test
  void shouldAdvanceWhenTheDemandIsLowered() {
    LeaderState state = leader(List.of(1), 2);
    assertThat(state.onMinInsyncReplicas(1)).isTrue();
    assertThat(state.highWatermark()).isEqualTo(100);
  }
}
