package io.millrace.cli.disks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class DiskDrainPlanTest {
  private static final TopicPartition A = new TopicPartition("a", 0);
  private static final TopicPartition B = new TopicPartition("b", 0);
  private static final TopicPartition C = new TopicPartition("c", 0);

  @Test
  void shouldGiveTheLargestToTheEmptiest() {
    assertThat(DiskDrainPlan.of(Map.of(A, 10L, B, 60L, C, 50L), Map.of("/x", 100L, "/y", 80L)))
        .isEqualTo(Map.of(B, "/x", C, "/y", A, "/x"));
  }

  @Test
  void shouldLeaveOutWhatFitsNowhere() {
    assertThat(DiskDrainPlan.of(Map.of(A, 10L, B, 60L), Map.of("/x", 50L)))
        .isEqualTo(Map.of(A, "/x"));
  }

  @Test
  void shouldPlanNothingWithoutADirectory() {
    assertThat(DiskDrainPlan.of(Map.of(A, 10L), Map.of())).isEmpty();
  }
}
