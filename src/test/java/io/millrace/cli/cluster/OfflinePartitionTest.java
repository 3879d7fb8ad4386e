package io.millrace.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.Test;

class OfflinePartitionTest {
  private static Node node(int id) {
    return new Node(id, "h", 9092);
  }

  @Test
  void shouldNameAllThatAreToReport() {
    TopicPartitionInfo partition =
        new TopicPartitionInfo(
            3,
            null,
            List.of(node(1), node(2)),
            List.of(node(2)),
            List.of(),
            List.of(node(1), node(2)));

    assertThat(OfflinePartition.of("t", partition).line())
        .isEqualTo(
            "OFFLINE t-3: all in-sync replicas lost their power or disk; waits until nodes 1 and 2 have"
                + " said how far their logs reach");
  }

  @Test
  void shouldNameThoseThatHaveEverything() {
    TopicPartitionInfo partition =
        new TopicPartitionInfo(
            3, null, List.of(node(1), node(2)), List.of(node(2)), List.of(node(1)), List.of());

    assertThat(OfflinePartition.of("t", partition).line())
        .isEqualTo("OFFLINE t-3: start nodes 2 or 1, which has every acknowledged record");
  }

  @Test
  void shouldDoWithoutWhatOlderBrokersDoNotTell() {
    TopicPartitionInfo partition =
        new TopicPartitionInfo(3, null, List.of(node(1)), List.of(node(1)));

    assertThat(OfflinePartition.of("t", partition).complete()).containsExactly(1);
  }
}
