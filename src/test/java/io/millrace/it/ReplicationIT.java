package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three real nodes that have each partition three times, and whatever can happen to one or all of
 * them.
 */
@Timeout(180)
class ReplicationIT {
  private static final String TOPIC = "numbers";

  @TempDir Path dir;
  private TestCluster cluster;
  private Clients clients;

  @BeforeEach
  void start() throws Exception {
    cluster = TestCluster.onLoopback(dir, 3, Map.of()).startAll();
    clients = new Clients(cluster);
    clients.createTopic(TOPIC, 1, 3, Map.of("min.insync.replicas", "2"));
  }

  @AfterEach
  void stop() {
    clients.close();
    cluster.close();
  }

  private TopicPartitionInfo partition() {
    try {
      TopicDescription topic =
          Clients.await(
              clients
                  .admin()
                  .describeTopics(List.of(TOPIC))
                  .topicNameValues()
                  .get(TOPIC)
                  .toCompletionStage()
                  .toCompletableFuture());
      return topic.partitions().get(0);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private void awaitPartition(String what, Predicate<TopicPartitionInfo> such) {
    TopicPartitionInfo[] seen = new TopicPartitionInfo[1];
    Await.until(
        what,
        TestCluster.PATIENCE,
        () -> {
          seen[0] = partition();
          return such.test(seen[0]);
        });
  }

  private void awaitFullIsr() {
    awaitPartition("all replicas are in sync", partition -> partition.isr().size() == 3);
  }

  private MillraceProcess leader() {
    awaitPartition("there is a leader", partition -> partition.leader() != null);
    return cluster.node(partition().leader().id());
  }

  private MillraceProcess follower() {
    return cluster.node(leader().nodeId() % 3 + 1);
  }

  /** Of each segment its name, its size and a hash of its bytes. */
  private static List<String> segments(MillraceProcess node) throws IOException {
    List<String> segments = new ArrayList<>();
    try (Stream<Path> files = Files.list(node.logDir().resolve(TOPIC + "-0"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".log")).sorted().toList()) {
        byte[] bytes = Files.readAllBytes(file);
        segments.add(file.getFileName() + " " + bytes.length + " " + UUID.nameUUIDFromBytes(bytes));
      }
    }
    return segments;
  }

  /** What was acknowledged is there once, in order, and on all nodes alike. */
  private void finish(NumberedLoad load) throws Exception {
    awaitFullIsr();
    load.awaitMore(100);
    load.finish();
    load.assertStoredOnceInOrder(clients);
    cluster.nodes().forEach(BrokerProcess::stop);
    List<String> first = segments(cluster.node(1));
    assertThat(first).isNotEmpty();
    for (MillraceProcess node : cluster.nodes()) {
      assertThat(segments(node)).as("segments of node %d", node.nodeId()).isEqualTo(first);
    }
  }

  @Test
  void shouldFailOverToAFollowerWhenTheLeaderIsKilled() throws Exception {
    try (NumberedLoad load = new NumberedLoad(clients, TOPIC, 100)) {
      load.awaitMore(1_000);
      MillraceProcess leader = leader();

      leader.kill();

      load.awaitMore(1_000);
      leader.startAndAwaitReady();
      finish(load);
    }
  }

  @Test
  void shouldGoOnWithoutAFollowerThatIsKilled() throws Exception {
    try (NumberedLoad load = new NumberedLoad(clients, TOPIC, 100)) {
      load.awaitMore(1_000);
      MillraceProcess follower = follower();

      follower.kill();

      load.awaitMore(1_000);
      follower.startAndAwaitReady();
      finish(load);
    }
  }

  @Test
  void shouldFillAFollowerWhoseDiskWasWiped() throws Exception {
    try (NumberedLoad load = new NumberedLoad(clients, TOPIC, 100)) {
      load.awaitMore(1_000);
      MillraceProcess follower = follower();

      follower.kill();
      Disks.wipe(follower.logDir());
      follower.startAndAwaitReady();

      finish(load);
    }
  }

  @Test
  void shouldKeepEverythingWhenAllNodesAreKilledAtOnce() throws Exception {
    try (NumberedLoad load = new NumberedLoad(clients, TOPIC, 100)) {
      load.awaitMore(1_000);

      cluster.nodes().forEach(BrokerProcess::kill);
      cluster.startAll();

      load.awaitMore(1_000);
      finish(load);
    }
  }

  @Test
  void shouldHandTheLeadOverWhenANodeIsStopped() throws Exception {
    try (NumberedLoad load = new NumberedLoad(clients, TOPIC, 100)) {
      load.awaitMore(1_000);
      MillraceProcess leader = leader();

      leader.stop();

      load.awaitMore(1_000);
      leader.startAndAwaitReady();
      finish(load);
    }
  }
}
