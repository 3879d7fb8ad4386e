package io.millrace.cli.disks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.junit.jupiter.api.Test;

class DiskDrainPlanTest {
  private static final TopicPartition A = new TopicPartition("a", 0);
  private static final TopicPartition B = new TopicPartition("b", 0);
  private static final TopicPartition C = new TopicPartition("c", 0);

  @Test
  void shouldGiveTheLargestToTheEmptiest() {
    assertThat(DiskDrainPlan.spread(Map.of(A, 10L, B, 60L, C, 50L), Map.of("/x", 100L, "/y", 80L)))
        .isEqualTo(Map.of(B, "/x", C, "/y", A, "/x"));
  }

  @Test
  void shouldLeaveOutWhatFitsNowhere() {
    assertThat(DiskDrainPlan.spread(Map.of(A, 10L, B, 60L), Map.of("/x", 50L)))
        .isEqualTo(Map.of(A, "/x"));
  }

  @Test
  void shouldPlanNothingWithoutADirectory() {
    assertThat(DiskDrainPlan.spread(Map.of(A, 10L), Map.of())).isEmpty();
  }

  /** With two logs, of 10 and of 60 bytes; the second one is on its way somewhere. */
  private static DiskDrainPlan plan(LogDirDescription x, LogDirDescription y) {
    LogDirDescription drained =
        dir(true, 0, Map.of(A, new ReplicaInfo(10, 0, false), B, new ReplicaInfo(60, 0, false)));
    return DiskDrainPlan.of("/old", Map.of("/old", drained, "/x", x, "/y", y));
  }

  private static LogDirDescription dir(
      boolean cordoned, long usable, Map<TopicPartition, ReplicaInfo> replicas) {
    return new LogDirDescription(null, replicas, 1_000, usable, cordoned);
  }

  private static Map<TopicPartition, ReplicaInfo> arriving(long size) {
    return Map.of(B, new ReplicaInfo(size, 0, true));
  }

  @Test
  void shouldLeaveAloneWhatIsOnItsWay() {
    DiskDrainPlan plan = plan(dir(false, 100, arriving(20)), dir(false, 500, Map.of()));

    assertThat(plan.moves()).isEqualTo(Map.of(A, "/y"));
    assertThat(plan.underWay()).containsExactly(B);
    assertThat(plan.leaving()).containsExactlyInAnyOrder(A, B);
    assertThat(plan.homeless()).isEmpty();
  }

  @Test
  void shouldCountTheSpaceThatIsStillToBeTakenByWhatIsOnItsWay() {
    assertThat(plan(dir(false, 50, arriving(20)), dir(true, 500, Map.of())).moves())
        .isEqualTo(Map.of(A, "/x"));
    assertThat(plan(dir(false, 49, arriving(20)), dir(true, 500, Map.of())).homeless())
        .containsExactly(A);
  }

  /** A copy can be larger for a while, as when the log is compacted meanwhile. */
  @Test
  void shouldCountNoSpaceThatALargerCopyWillNotTake() {
    assertThat(plan(dir(false, 5, arriving(70)), dir(true, 500, Map.of())).homeless())
        .containsExactly(A);
  }

  @Test
  void shouldNotMoveALogToADirectoryThatHasFailed() {
    LogDirDescription failed =
        new LogDirDescription(new KafkaStorageException(), Map.of(), 1_000, 900, false);

    assertThat(plan(failed, dir(false, 500, Map.of())).moves()).isEqualTo(Map.of(A, "/y", B, "/y"));
  }

  @Test
  void shouldTakeADirectoryThatDoesNotTellItsSpaceForAnEmptyOne() {
    LogDirDescription silent = new LogDirDescription(null, Map.of());

    assertThat(plan(silent, dir(true, 500, Map.of())).moves()).isEqualTo(Map.of(A, "/x", B, "/x"));
  }

  @Test
  void shouldSendElsewhereWhatIsOnItsWayToACordonedDirectory() {
    DiskDrainPlan plan = plan(dir(true, 100, arriving(20)), dir(false, 500, Map.of()));

    assertThat(plan.moves()).isEqualTo(Map.of(A, "/y", B, "/y"));
    assertThat(plan.underWay()).isEmpty();
  }

  @Test
  void shouldNotMoveALogToWhereItIs() {
    DiskDrainPlan plan =
        DiskDrainPlan.of(
            "/old", Map.of("/old", dir(false, 500, Map.of(A, new ReplicaInfo(10, 0, false)))));

    assertThat(plan.homeless()).containsExactly(A);
  }
}
