package io.millrace.api.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakePartitions;
import io.millrace.api.TestImage;
import io.millrace.partition.FakeReplica;
import io.millrace.partition.FetchAnswer;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The leader of partition 0 of {@code t} sends whoever asks to node 3 (KIP-392). */
class NearerReplicaTest {
  private final TestImage image = TestImage.ofOne().topic("t", 1);
  private final FakePartitions partitions = new FakePartitions();
  private FakeReplica leader =
      new FakeReplica(
          Errors.NONE,
          new FetchAnswer(Errors.NONE, null, 50, 50, 50, 10, null, false, null, 1, 3, 3));

  private PartitionData fetch(int version) {
    partitions.add("t", 0).replica = leader;
    return TestFetch.send(partitions, image, image, version, "east")
        .responses()
        .get(0)
        .partitions()
        .get(0);
  }

  @ParameterizedTest
  @ValueSource(ints = {11, 12, 13, 18})
  void shouldBeNamedAtOnce(int version) {
    PartitionData partition = fetch(version);

    assertThat(partition.preferredReadReplica()).isEqualTo(3);
    assertThat(partition.errorCode()).isEqualTo(Errors.NONE.code());
    assertThat(partition.highWatermark()).isEqualTo(50);
  }

  @ParameterizedTest
  @ValueSource(ints = {11, 18})
  void shouldBeLookedForWithTheRackOfTheConsumer(int version) {
    fetch(version);

    assertThat(leader.asked().get(0).rack()).isEqualTo("east");
  }

  @Test
  void shouldNotBeLookedForByConsumersThatKnowLeadersOnly() {
    leader = new FakeReplica(Errors.NONE, FetchAnswer.refused(Errors.NOT_LEADER_OR_FOLLOWER));

    fetch(10);

    assertThat(leader.asked().get(0).rack()).isNull();
  }
}
