package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The disk changes what a node has written, while the node runs. */
@Timeout(300)
class ScrubIT {
  private static final int RECORDS = 300;
  private static final Map<String, String> OFTEN = Map.of("log.scrub.interval.ms", "200");

  @TempDir Path dir;

  @Test
  void shouldTakeFromOtherReplicasWhatItLost() throws Exception {
    try (TestCluster cluster = TestCluster.onLoopback(dir, 3, OFTEN).startAll();
        Clients clients = new Clients(cluster)) {
      cluster.nodes().forEach(node -> node.expectInOutput("is damaged on the disk"));
      clients.createTopic("events", 1, 3, Map.of("internal.segment.bytes", "10000"));
      produce(clients);
      int leader = clients.partitions("events").get(0).leader().id();
      int follower = leader % 3 + 1;
      awaitSame(cluster);
      Path ofLeader = segment(cluster.node(leader), 1);
      Path ofFollower = segment(cluster.node(follower), 2);
      byte[] leaderHad = Files.readAllBytes(ofLeader);
      byte[] followerHad = Files.readAllBytes(ofFollower);

      flip(ofLeader, 2_000);
      flip(ofFollower, 10); // the length of the first batch: nothing behind it can be found by it

      awaitRepaired(cluster.node(leader), ofLeader);
      awaitRepaired(cluster.node(follower), ofFollower);
      assertThat(Files.readAllBytes(ofLeader)).isEqualTo(leaderHad);
      assertThat(Files.readAllBytes(ofFollower)).isEqualTo(followerHad);
      assertThat(clients.consumeAll("events", Map.of("check.crcs", true))).hasSize(RECORDS);
    }
  }

  private static void awaitSame(TestCluster cluster) {
    Await.until(
        "all replicas have the same",
        TestCluster.PATIENCE,
        () ->
            cluster.nodes().stream()
                    .map(node -> ReplicaLogs.batches(node.logDir().resolve("events-0")))
                    .distinct()
                    .count()
                == 1);
  }

  private static void awaitRepaired(MillraceProcess node, Path file) {
    Await.until(
        () -> "repaired: " + ClusterView.scrub(node),
        TestCluster.PATIENCE,
        () ->
            bad(node).stream()
                .map(JsonObject.class::cast)
                .anyMatch(
                    one ->
                        file.endsWith(one.getString("segment"))
                            && one.getString("state").equals("repaired")));
  }

  private static JsonArray bad(MillraceProcess node) {
    return ClusterView.scrub(node)
        .map(scrub -> scrub.getJsonArray("badBatches"))
        .orElse(new JsonArray());
  }

  @Test
  void shouldReportAloneWhatItCannotRepair() throws Exception {
    try (MillraceProcess node = new MillraceProcess(dir, Map.of())) {
      node.expectInOutput("is damaged on the disk");
      node.startAndAwaitReady();
      try (Clients clients = new Clients(node)) {
        clients.createTopic("events", 1, Map.of("internal.segment.bytes", "10000"));
        produce(clients);
        Path file = segment(node, 1);
        flip(file, 2_000);
        byte[] bad = Files.readAllBytes(file);
        // A change at once: with the default it would be found in a week.
        clients.configure(ConfigResource.Type.BROKER, "", "log.scrub.interval.ms", "100");

        Await.until(
            () -> "reported: " + ClusterView.scrub(node),
            TestCluster.PATIENCE,
            () -> bad(node).size() == 1 && bad(node).getJsonObject(0).getString("detail") != null);

        JsonObject found = bad(node).getJsonObject(0);
        assertThat(found.getString("topic")).isEqualTo("events");
        assertThat(found.getInteger("partition")).isZero();
        assertThat(found.getString("segment")).isEqualTo(file.getFileName().toString());
        assertThat(found.getString("state")).isEqualTo("bad");
        assertThat(found.getInteger("position")).isLessThanOrEqualTo(2_000);
        assertThat(found.getInteger("position") + found.getInteger("bytes")).isGreaterThan(2_000);
        assertThat(found.getString("detail")).contains("alone");
        assertThat(ClusterView.scrub(node).orElseThrow().getInteger("unrepaired")).isOne();
        assertThat(Files.readAllBytes(file)).isEqualTo(bad);
      }
    }
  }

  private static void produce(Clients clients) throws Exception {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      records.add(new ProducerRecord<>("events", 0, null, new byte[500]));
    }
    clients.produce(Map.of("acks", "all", "batch.size", 1_000, "linger.ms", 0), records);
  }

  /** A closed segment. */
  private static Path segment(MillraceProcess node, int number) throws IOException {
    try (Stream<Path> files = Files.list(node.logDir().resolve("events-0"))) {
      List<Path> segments =
          files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
      assertThat(segments).hasSizeGreaterThan(number + 1);
      return segments.get(number);
    }
  }

  private static void flip(Path path, int position) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(position);
      int before = file.read();
      file.seek(position);
      file.write(before ^ 0x20);
    }
  }
}
