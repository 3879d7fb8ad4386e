package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Followers delete what their leader deletes, and what is too old or too much of their own. */
@Tag("long")
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FollowerRetentionIT {
  private static final int RECORDS = 4_000;

  private TestCluster cluster;
  private Clients clients;

  @BeforeAll
  void start(@TempDir Path dir) throws IOException {
    cluster =
        TestCluster.onLoopback(dir, 3, Map.of("log.retention.check.interval.ms", "200")).startAll();
    clients = new Clients(cluster);
  }

  @AfterAll
  void stop() {
    if (clients != null) {
      clients.close();
      cluster.close();
    }
  }

  /** About 4 MB in segments of 1 MB, on all three nodes. */
  private void fill(String topic, long timestamp) throws Exception {
    clients.createTopic(
        topic,
        1,
        3,
        Map.of(
            "segment.bytes",
            "1048576",
            "file.delete.delay.ms",
            "0",
            "message.timestamp.before.max.ms",
            Long.toString(Long.MAX_VALUE)));
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      records.add(new ProducerRecord<>(topic, 0, timestamp, null, new byte[1_000]));
    }
    clients.produce(Map.of("acks", "all"), records);
    awaitOldest(topic, "all is there", 0, 0);
  }

  /** Waits until the oldest segment of each replica starts in this range. */
  private void awaitOldest(String topic, String what, long least, long most) {
    for (MillraceProcess node : cluster.nodes()) {
      Await.until(
          what + " on node " + node.nodeId(),
          Clients.PATIENCE,
          () -> {
            long oldest = oldest(node.logDir().resolve(topic + "-0"));
            return oldest >= least && oldest <= most;
          });
    }
  }

  /** Base offset of the oldest segment; -1 = there is none. */
  private static long oldest(Path log) {
    try (Stream<Path> files = Files.list(log)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".log"))
          .mapToLong(name -> Long.parseLong(name.substring(0, 20)))
          .min()
          .orElse(-1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void shouldDeleteByTimeEverywhere() throws Exception {
    fill("aged", System.currentTimeMillis() - 3_600_000);
    clients.configure(ConfigResource.Type.TOPIC, "aged", "retention.ms", "60000");
    awaitOldest("aged", "what is too old is gone", RECORDS, RECORDS);
    assertThat(clients.endOffset("aged", 0)).isEqualTo(RECORDS);
  }

  @Test
  void shouldDeleteBySizeEverywhere() throws Exception {
    fill("large", System.currentTimeMillis());
    clients.configure(ConfigResource.Type.TOPIC, "large", "retention.bytes", "1500000");
    awaitOldest("large", "what is too much is gone", RECORDS / 4, RECORDS - 1);
  }

  @Test
  void shouldDeleteBelowTheLeadersLogStart() throws Exception {
    fill("cut", System.currentTimeMillis());
    Clients.await(
        clients
            .admin()
            .deleteRecords(
                Map.of(new TopicPartition("cut", 0), RecordsToDelete.beforeOffset(RECORDS - 500)))
            .all()
            .toCompletionStage()
            .toCompletableFuture());
    awaitOldest("cut", "what was deleted is gone", RECORDS / 2, RECORDS - 500);
  }
}
