package io.millrace.cli.groups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicSelectionTest {
  @Test
  void shouldReadTopicsAndPartitions() {
    assertThat(TopicSelection.parse(List.of("orders:2,0", "audit", "orders:1")).byTopic())
        .isEqualTo(Map.of("orders", new TreeSet<>(Set.of(0, 1, 2)), "audit", new TreeSet<>()));
  }

  @Test
  void shouldTakeAllPartitionsIfAnybodySaysSo() {
    assertThat(TopicSelection.parse(List.of("orders:2", "orders")).byTopic().get("orders"))
        .isEmpty();
    assertThat(TopicSelection.parse(List.of("orders", "orders:2")).byTopic().get("orders"))
        .isEmpty();
  }

  @Test
  void shouldKnowWhatItNames() {
    TopicSelection selection = TopicSelection.parse(List.of("orders:2", "audit"));

    assertThat(selection.has(new TopicPartition("orders", 2))).isTrue();
    assertThat(selection.has(new TopicPartition("orders", 1))).isFalse();
    assertThat(selection.has(new TopicPartition("audit", 1))).isTrue();
    assertThat(selection.has(new TopicPartition("other", 1))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ":1", "orders:", "orders:x", "orders:-1", "orders:1,,2", "a:99999999999"})
  void shouldRefuseWhatNamesNothing(String text) {
    assertThatThrownBy(() -> TopicSelection.parse(List.of(text)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("--topic: ");
  }
}
