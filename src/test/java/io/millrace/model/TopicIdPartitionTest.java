package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;

class TopicIdPartitionTest {
  private static final int TOPICS = 4;
  private static final int PARTITIONS = 5_000;

  /** Ids whose own hashes lie close together, as those of random ids now and then do. */
  private static List<TopicIdPartition> partitions() {
    List<TopicIdPartition> all = new ArrayList<>();
    for (int topic = 0; topic < TOPICS; topic++) {
      TopicId id = new TopicId(7, 1000 + topic);
      for (int partition = 0; partition < PARTITIONS; partition++) {
        all.add(new TopicIdPartition(id, "t" + topic, partition));
      }
    }
    return all;
  }

  /** Steps to the next free place in a table of twice the size: what Map.copyOf does. */
  private static <T> long steps(List<T> keys, ToIntFunction<T> hash) {
    boolean[] taken = new boolean[keys.size() * 2];
    long steps = 0;
    for (T key : keys) {
      int place = Math.floorMod(hash.applyAsInt(key), taken.length);
      while (taken[place]) {
        place = (place + 1) % taken.length;
        steps++;
      }
      taken[place] = true;
    }
    return steps;
  }

  @Test
  void shouldSpreadThePartitionsOfManyTopics() {
    List<TopicIdPartition> all = partitions();

    // Random places cost half a step each, so that four times as much is far from chance.
    assertThat(steps(all, TopicIdPartition::hashCode)).isLessThan(2L * all.size());
    assertThat(steps(all, each -> each.topicPartition().hashCode())).isLessThan(2L * all.size());
  }

  @Test
  void shouldTellPartitionsApart() {
    TopicIdPartition one = new TopicIdPartition(new TopicId(1, 2), "t", 3);

    assertThat(one)
        .isEqualTo(new TopicIdPartition(new TopicId(1, 2), "t", 3))
        .hasSameHashCodeAs(new TopicIdPartition(new TopicId(1, 2), "t", 3))
        .isNotEqualTo(new TopicIdPartition(new TopicId(1, 2), "t", 4))
        .isNotEqualTo(new TopicIdPartition(new TopicId(2, 2), "t", 3))
        .isNotEqualTo(new TopicIdPartition(new TopicId(1, 2), "u", 3));
  }
}
