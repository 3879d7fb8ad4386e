package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The coordinators that are asked about a hanging transaction are on several nodes. */
@Timeout(180)
class ClusterHangingTransactionsIT {
  private static final TopicPartition PARTITION = new TopicPartition("haunted", 0);

  private static long stableOffset(Clients clients) {
    try {
      return clients
          .admin()
          .listOffsets(
              Map.of(PARTITION, OffsetSpec.latest()),
              new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
          .partitionResult(PARTITION)
          .get()
          .offset();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldAskTheCoordinatorsOfAllNodes(@TempDir Path dir) throws Exception {
    Map<String, String> settings =
        Map.of(
            "transaction.partition.verification.enable", "false",
            "transaction.max.timeout.ms", "1000",
            "transaction.hanging.margin.ms", "500",
            "transaction.state.log.num.partitions", "6");
    try (TestCluster cluster = TestCluster.onLoopback(dir, 3, settings).startAll();
        Clients clients = new Clients(cluster)) {
      clients
          .admin()
          .createTopics(List.of(new NewTopic(PARTITION.topic(), 1, (short) 3)))
          .all()
          .get();
      try (KafkaProducer<byte[], byte[]> first =
          clients.producer(Map.of("transactional.id", "first", "transaction.timeout.ms", 1_000))) {
        first.initTransactions(); // brings the coordinators into being
      }
      var leader =
          clients
              .admin()
              .describeTopics(List.of(PARTITION.topic()))
              .allTopicNames()
              .get()
              .get(PARTITION.topic())
              .partitions()
              .get(0)
              .leader();

      Ghost ghost = new Ghost("ghost", 4_711_000, (short) 3);
      assertThat(
              ghost.send(
                  new InetSocketAddress(leader.host(), leader.port()),
                  Ghost.VERIFIES,
                  PARTITION.topic()))
          .isEqualTo(Errors.NONE);

      assertThat(stableOffset(clients)).isZero();
      Await.until("the ghost is gone", Clients.PATIENCE, () -> stableOffset(clients) == 2);
    }
  }
}
