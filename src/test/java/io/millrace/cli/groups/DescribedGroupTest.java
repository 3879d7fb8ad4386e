package io.millrace.cli.groups;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Partition 0 is read to its end at 5, partition 1 up to 2 of 6. */
class DescribedGroupTest {
  private static final TopicPartition P0 = new TopicPartition("orders", 0);
  private static final TopicPartition P1 = new TopicPartition("orders", 1);

  @Test
  void shouldKnowTheLongestOfAllPartitions() {
    assertThat(described(Map.of(P0, 5L, P1, 6L), Map.of(P1, 700L)).longestBehind()).isEqualTo(700);
  }

  @Test
  void shouldNotKnowTheLongestWhenOneWithLagIsUnknown() {
    assertThat(described(Map.of(P0, 5L, P1, 6L), Map.of()).longestBehind()).isNull();
  }

  @Test
  void shouldNotBeBehindWithoutLag() {
    assertThat(described(Map.of(P0, 5L, P1, 2L), Map.of()).longestBehind()).isZero();
  }

  @Test
  void shouldLeaveOutPartitionsThatDoNotAnswer() {
    var described = described(Map.of(P1, 6L), Map.of(P1, 700L));

    assertThat(described.lag(P0)).isNull();
    assertThat(described.totalLag()).isEqualTo(4);
    assertThat(described.longestBehind()).isEqualTo(700);
  }

  private static DescribedGroup described(
      Map<TopicPartition, Long> ends, Map<TopicPartition, Long> behindMs) {
    var committed = new TreeMap<TopicPartition, OffsetAndMetadata>(TopicSelection.IN_ORDER);
    committed.put(P0, new OffsetAndMetadata(5));
    committed.put(P1, new OffsetAndMetadata(2));
    return new DescribedGroup(null, committed, ends, behindMs);
  }
}
