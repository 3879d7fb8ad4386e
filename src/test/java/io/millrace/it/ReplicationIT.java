package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three real nodes that have each partition three times, and whatever can happen to one or all of
 * them. One cluster for all tests; each has a topic of its own, and leaves all nodes running.
 */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReplicationIT {
  private Path dir;
  private TestCluster cluster;
  private Clients clients;
  private String topic;
  private int topics;

  @BeforeAll
  void start(@TempDir Path temporary) throws IOException {
    dir = temporary;
    cluster = TestCluster.onLoopback(dir, 3, Map.of());
    for (int number : cluster.allBut()) {
      cluster.node(number).bootedAs(bootIdFile(number));
      reboot(number);
    }
    cluster.startAll();
    clients = new Clients(cluster);
  }

  @AfterAll
  void stop() {
    if (clients != null) {
      clients.close();
      cluster.close();
    }
  }

  @BeforeEach
  void create() throws Exception {
    topic = "numbers" + ++topics;
    clients.createTopic(topic, 1, 3, Map.of("min.insync.replicas", "2"));
  }

  private Path bootIdFile(int node) {
    return dir.resolve("boot-id-" + node);
  }

  /** The machine of a node that is down starts again: another boot id. */
  private void reboot(int node) throws IOException {
    Files.writeString(bootIdFile(node), UUID.randomUUID().toString());
  }

  /** Leaves a part of what a node has of the topic, as a machine without power does. */
  private void loseTail(MillraceProcess node, double kept) throws IOException {
    try (Stream<Path> files = Files.list(node.logDir().resolve(topic + "-0"))) {
      Path segment = files.filter(f -> f.toString().endsWith(".log")).sorted().findFirst().get();
      try (FileChannel file = FileChannel.open(segment, StandardOpenOption.WRITE)) {
        file.truncate((long) (file.size() * kept));
      }
    }
  }

  private TopicPartitionInfo partition() {
    return clients.partitions(topic).get(0);
  }

  private TopicPartitionInfo awaitPartition(String what, Predicate<TopicPartitionInfo> such) {
    TopicPartitionInfo[] seen = new TopicPartitionInfo[1];
    Await.until(
        what,
        TestCluster.PATIENCE,
        () -> {
          seen[0] = partition();
          return such.test(seen[0]);
        });
    return seen[0];
  }

  private void awaitFullIsr() {
    awaitPartition("all replicas are in sync", partition -> partition.isr().size() == 3);
  }

  private MillraceProcess leader() {
    TopicPartitionInfo led =
        awaitPartition("there is a leader", partition -> partition.leader() != null);
    return cluster.node(led.leader().id());
  }

  private MillraceProcess follower() {
    return cluster.node(leader().nodeId() % 3 + 1);
  }

  /** Of each segment its name, its size and a hash of its bytes. */
  private List<String> segments(MillraceProcess node) {
    List<String> segments = new ArrayList<>();
    try (Stream<Path> files = Files.list(node.logDir().resolve(topic + "-0"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".log")).sorted().toList()) {
        byte[] bytes = Files.readAllBytes(file);
        segments.add(file.getFileName() + " " + bytes.length + " " + UUID.nameUUIDFromBytes(bytes));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return segments;
  }

  /** What was acknowledged is there once, in order, and on all nodes alike. */
  private void finish(NumberedLoad load) throws Exception {
    awaitFullIsr();
    load.awaitMore(100);
    load.finish();
    load.assertStoredOnceInOrder(clients);
    assertThat(segments(cluster.node(1))).isNotEmpty();
    Await.until(
        "the logs of all nodes are alike",
        TestCluster.PATIENCE,
        () -> cluster.nodes().stream().map(this::segments).distinct().count() == 1);
  }

  /** The load goes on while a node is down, and nothing is missing when it is back. */
  private void goOnWithout(Supplier<MillraceProcess> which, Consumer<MillraceProcess> end)
      throws Exception {
    try (NumberedLoad load = new NumberedLoad(clients, topic, 100)) {
      load.awaitMore(1_000);
      MillraceProcess node = which.get();

      end.accept(node);

      load.awaitMore(1_000);
      node.startAndAwaitReady();
      finish(load);
    }
  }

  @Test
  void shouldFailOverToAFollowerWhenTheLeaderIsKilled() throws Exception {
    goOnWithout(this::leader, MillraceProcess::kill);
  }

  @Test
  void shouldGoOnWithoutAFollowerThatIsKilled() throws Exception {
    goOnWithout(this::follower, MillraceProcess::kill);
  }

  @Test
  void shouldHandTheLeadOverWhenANodeIsStopped() throws Exception {
    goOnWithout(this::leader, MillraceProcess::stop);
  }

  @Test
  void shouldFillAFollowerWhoseDiskWasWiped() throws Exception {
    try (NumberedLoad load = new NumberedLoad(clients, topic, 100)) {
      load.awaitMore(1_000);
      MillraceProcess follower = follower();

      follower.kill();
      Disks.wipe(follower.logDir());
      follower.startAndAwaitReady();

      finish(load);
      // On its new disk it has no vote until the one on the old disk is taken away.
      TestCluster.removeVoter(follower);
      cluster.awaitVoters(3);
    }
  }

  @Test
  void shouldKeepEverythingWhenAllNodesAreKilledAtOnce() throws Exception {
    try (NumberedLoad load = new NumberedLoad(clients, topic, 100)) {
      load.awaitMore(1_000);

      cluster.nodes().forEach(BrokerProcess::kill);
      cluster.startAll();

      load.awaitMore(1_000);
      finish(load);
    }
  }

  @Test
  void shouldLetAnotherLeadWhenTheLogDirectoryOfTheLeaderFails() throws Exception {
    topic = "rolling";
    clients.createTopic(
        topic, 1, 3, Map.of("min.insync.replicas", "2", "segment.bytes", "1048576"));
    try (NumberedLoad load = new NumberedLoad(clients, topic, 1_000)) {
      load.awaitMore(1_000);
      MillraceProcess node = leader();
      node.expectInOutput("Log directory .* failed and is offline|Writing .* failed|NoSuchFile");
      Stopwatch failover = Stopwatch.start();

      // The next segment cannot be made any more.
      Files.move(node.logDir().resolve(topic + "-0"), node.dir().resolve("gone"));

      awaitPartition(
          "another node leads",
          partition -> partition.leader() != null && partition.leader().id() != node.nodeId());
      failover.print("another leader after the log directory has gone");
      load.awaitMore(1_000);
      assertThat(partition().isr()).noneMatch(member -> member.id() == node.nodeId());
      node.kill();
      node.startAndAwaitReady();
      awaitFullIsr();
      load.awaitMore(100);
      load.finish();
      load.assertStoredOnceInOrder(clients);
    }
  }

  /** The last one to come back is the last member of the ISR, and has the least. */
  @Test
  void shouldLetTheLongestLogLeadWhenThePowerOfAllFails() throws Exception {
    try (NumberedLoad load = new NumberedLoad(clients, topic, 100)) {
      load.awaitMore(1_000);
      MillraceProcess last = leader();
      MillraceProcess second = cluster.node(last.nodeId() % 3 + 1);

      cluster.nodes().forEach(BrokerProcess::kill);
      for (int number : cluster.allBut()) {
        reboot(number);
      }
      loseTail(last, 0.4);
      loseTail(second, 0.8);
      cluster.nodes().stream().filter(node -> node != last).forEach(BrokerProcess::start);
      cluster.nodes().stream().filter(node -> node != last).forEach(BrokerProcess::awaitReady);
      last.startAndAwaitReady();

      load.awaitMore(1_000);
      finish(load);
    }
  }
}
