package io.millrace.cli.partitions;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;

class MoveThrottleTest {
  private static final Map<TopicPartition, List<Integer>> NOW =
      Map.of(
          new TopicPartition("a", 0), List.of(1, 2),
          new TopicPartition("a", 1), List.of(2),
          new TopicPartition("a", 2), List.of(5));

  private static final Map<TopicPartition, List<Integer>> PLAN =
      Map.of(
          new TopicPartition("a", 0), List.of(3, 2),
          new TopicPartition("a", 1), List.of(4));

  @Test
  void shouldNameWhoSendsAndWhoCopies() {
    assertThat(
            MoveThrottle.settings(NOW, PLAN, Set.of(1, 2, 3, 4), 1_000)
                .get(new ConfigResource(ConfigResource.Type.TOPIC, "a")))
        .isEqualTo(
            Map.of(
                MoveThrottle.LEADERS, "0:1,0:2,1:2",
                MoveThrottle.FOLLOWERS, "0:2,0:3,1:4"));
  }

  @Test
  void shouldSlowDownEveryBrokerThatServesAndHasToDoWithIt() {
    Map<ConfigResource, Map<String, String>> settings =
        MoveThrottle.settings(NOW, PLAN, Set.of(2, 3, 4, 5), 1_000);
    assertThat(settings.keySet())
        .filteredOn(resource -> resource.type() == ConfigResource.Type.BROKER)
        .extracting(ConfigResource::name)
        .containsExactly("2", "3", "4");
    assertThat(settings.get(new ConfigResource(ConfigResource.Type.BROKER, "3")))
        .isEqualTo(Map.of(MoveThrottle.LEADERS_RATE, "1000", MoveThrottle.FOLLOWERS_RATE, "1000"));
  }

  @Test
  void shouldLimitNothingForAPartitionThatDoesNotExist() {
    Map<TopicPartition, List<Integer>> plan =
        Map.of(new TopicPartition("gone", 0), List.of(3), new TopicPartition("a", 1), List.of(4));

    assertThat(MoveThrottle.settings(NOW, plan, Set.of(1, 2, 3, 4), 1_000).keySet())
        .extracting(ConfigResource::name)
        .containsExactly("a", "2", "4");
  }
}
