package io.millrace.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LiveCodecTest {
  private static final NodeLive NODE =
      new NodeLive(
          3,
          new Address("::1", 9093),
          List.of("PLAINTEXT://h:9092"),
          List.of("broker"),
          null,
          "0.1.0",
          17,
          2,
          1000,
          2000);
  private static final List<PartitionLive> TOPIC = List.of(partition(0), partition(5));

  @Test
  void shouldReadBackANode() throws IOException {
    assertThat(LiveCodec.decodeNode(LiveCodec.encode(NODE))).isEqualTo(NODE);
  }

  @Test
  void shouldReadBackPartitions() throws IOException {
    assertThat(LiveCodec.decodeTopic(LiveCodec.encode(TOPIC))).isEqualTo(TOPIC);
  }

  @Test
  void shouldIgnoreWhatLaterVersionsAdd() throws IOException {
    byte[] node = LiveCodec.encode(NODE);

    assertThat(LiveCodec.decodeNode(Arrays.copyOf(node, node.length + 9))).isEqualTo(NODE);
  }

  @Test
  void shouldSkipAnotherVersion() throws IOException {
    assertThat(LiveCodec.decodeNode(new byte[] {2})).isNull();
    assertThat(LiveCodec.decodeTopic(new byte[] {2})).isEmpty();
  }

  @Test
  void shouldRefuseAnythingElse() {
    byte[] topic = LiveCodec.encode(TOPIC);
    byte[] node = LiveCodec.encode(NODE);

    for (int length = 0; length < topic.length; length++) {
      byte[] cut = Arrays.copyOf(topic, length);
      assertThatThrownBy(() -> LiveCodec.decodeTopic(cut)).isInstanceOf(IOException.class);
    }
    for (int length = 0; length < node.length; length++) {
      byte[] cut = Arrays.copyOf(node, length);
      assertThatThrownBy(() -> LiveCodec.decodeNode(cut)).isInstanceOf(IOException.class);
    }
  }

  private static PartitionLive partition(int number) {
    return new PartitionLive(
        new TopicIdPartition(new TopicId(1, 2), "orders", number),
        3,
        7,
        0,
        100,
        List.of(new ReplicaLive(3, true, 101, 0), new ReplicaLive(4, false, -1, -1)));
  }
}
