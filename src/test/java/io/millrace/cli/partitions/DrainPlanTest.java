package io.millrace.cli.partitions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cli.CommandFailure;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class DrainPlanTest {
  private static TopicPartition partition(int index) {
    return new TopicPartition("t", index);
  }

  private static Map<Integer, String> racks(String... ofBrokersFromOne) {
    Map<Integer, String> racks = new HashMap<>();
    for (int i = 0; i < ofBrokersFromOne.length; i++) {
      racks.put(i + 1, ofBrokersFromOne[i]);
    }
    return racks;
  }

  @Test
  void shouldTakeThePlaceOfTheReplicaThatLeaves() {
    assertThat(
            DrainPlan.of(
                1,
                racks(null, null, null),
                Map.of(partition(0), List.of(2, 1), partition(1), List.of(3, 2))))
        .isEqualTo(Map.of(partition(0), List.of(2, 3)));
  }

  @Test
  void shouldSpreadEvenly() {
    Map<TopicPartition, List<Integer>> partitions = new HashMap<>();
    for (int i = 0; i < 40; i++) {
      partitions.put(partition(i), List.of(1, 2 + i % 4));
    }
    Map<TopicPartition, List<Integer>> plan =
        DrainPlan.of(1, racks(null, null, null, null, null), partitions);
    assertThat(plan).hasSize(40);
    Map<Integer, Integer> counts = new HashMap<>();
    Map<Integer, Integer> leaders = new HashMap<>();
    plan.values()
        .forEach(
            replicas -> {
              assertThat(new HashSet<>(replicas)).hasSize(2).doesNotContain(1);
              replicas.forEach(id -> counts.merge(id, 1, Integer::sum));
              leaders.merge(replicas.get(0), 1, Integer::sum);
            });
    assertThat(counts.values()).allMatch(count -> count == 20);
    assertThat(leaders.values()).allMatch(count -> count >= 8 && count <= 12);
  }

  @Test
  void shouldPreferARackWithoutAReplica() {
    assertThat(
            DrainPlan.of(
                1,
                racks("a", "b", "b", "c"),
                Map.of(
                    partition(0),
                    List.of(1, 2),
                    partition(1),
                    List.of(4),
                    partition(2),
                    List.of(4))))
        .isEqualTo(Map.of(partition(0), List.of(4, 2)));
  }

  @Test
  void shouldTakeAUsedRackIfThereIsNoOther() {
    assertThat(DrainPlan.of(1, racks("a", "b", "b"), Map.of(partition(0), List.of(1, 2))))
        .isEqualTo(Map.of(partition(0), List.of(3, 2)));
  }

  @Test
  void shouldSayThatBrokersAreMissing() {
    Map<TopicPartition, List<Integer>> all = Map.of(partition(0), List.of(1, 2));
    assertThatThrownBy(() -> DrainPlan.of(1, racks(null, null), all))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("t-0 has 2 replicas")
        .hasMessageContaining("add a broker");
  }
}
