package io.millrace.coordinator.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class GroupSnapshotTest {
  private final TestGroupCoordinator coordinator =
      new TestGroupCoordinator(new OffsetConfig(100, 1_000, 1_000));

  private void commit(String group, String topic, int partition, long offset) {
    coordinator
        .shard
        .offsets()
        .put(group, topic, partition, new CommittedOffset(offset, -1, "", 0, -1, Uuid.ZERO_UUID));
    coordinator.shard.groups().put(new SimpleGroup(group));
  }

  @Test
  void shouldKnowNoGroupThatIsNotThere() {
    assertThat(GroupSnapshot.of(coordinator.shard, "g")).isNull();
  }

  @Test
  void shouldCopyWhatIsCommitted() {
    commit("g", "b", 1, 5);
    commit("g", "a", 0, 7);

    GroupSnapshot snapshot = GroupSnapshot.of(coordinator.shard, "g");
    commit("g", "a", 0, 8);

    assertThat(snapshot.offsets().keySet()).containsExactly("a", "b");
    assertThat(snapshot.offsets().get("a").get(0).offset()).isEqualTo(7);
    assertThat(snapshot.offsetCount()).isEqualTo(2);
  }

  @Test
  void shouldListTheSmallestIdsInOrder() {
    List.of("d", "a", "c", "b").forEach(group -> commit(group, "t", 0, 1));

    assertThat(GroupSnapshot.ids(coordinator.shard.groups(), null, 3))
        .containsExactly("a", "b", "c");
    assertThat(GroupSnapshot.ids(coordinator.shard.groups(), "b", 3)).containsExactly("c", "d");
  }

  @Test
  void shouldEndABatchWhenItHasEnough() {
    commit("a", "t", 0, 1);
    commit("a", "t", 1, 1);
    commit("b", "t", 0, 1);
    commit("c", "t", 0, 1);
    List<String> ids = List.of("a", "gone", "b", "c");

    GroupSnapshot.Batch first = GroupSnapshot.of(coordinator.shard, ids, 0, 3);
    GroupSnapshot.Batch second = GroupSnapshot.of(coordinator.shard, ids, first.next(), 100);

    assertThat(first.groups()).extracting(GroupSnapshot::groupId).containsExactly("a");
    assertThat(second.groups()).extracting(GroupSnapshot::groupId).containsExactly("b", "c");
    assertThat(second.next()).isEqualTo(4);
  }

  @Test
  void shouldAlwaysLookAtOneGroupMore() {
    commit("a", "t", 0, 1);

    assertThat(GroupSnapshot.of(coordinator.shard, List.of("a"), 0, 0).next()).isEqualTo(1);
  }

  @Test
  void shouldCountGroupsByTypeAndState() {
    commit("a", "t", 0, 1);
    commit("b", "t", 0, 1);

    assertThat(GroupSnapshot.countByStanding(coordinator.shard.groups()))
        .isEqualTo(Map.of(new GroupSnapshot.Standing("classic", "Empty"), 2));
  }

  @Test
  void shouldReadAnAssignment() {
    ByteBuffer assignment =
        ConsumerProtocol.serializeAssignment(
            new Assignment(
                List.of(
                    new TopicPartition("b", 2),
                    new TopicPartition("b", 0),
                    new TopicPartition("a", 1))));
    byte[] bytes = new byte[assignment.remaining()];
    assignment.get(bytes);

    assertThat(AssignedPartitions.of(bytes)).isEqualTo(Map.of("a", List.of(1), "b", List.of(0, 2)));
  }

  @Test
  void shouldNotUnderstandAnAssignmentOfAnotherForm() {
    assertThat(AssignedPartitions.of(new byte[] {0, 0, 127, 127, 127, 127})).isNull();
  }
}
