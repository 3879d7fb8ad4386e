package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three voters, each on a small disk of its own, one of which is really full. */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterFullDiskIT {
  private static final int MIB = 64;

  /** What a node may say of a full disk as an error. */
  private static final String FULL =
      "No space left in log directory .*: appends are refused"
          + "|Only \\d+ bytes free in log directory .*: appends are refused"
          + "|cannot be opened yet: No space left on device"
          + "|this node cannot write metadata until there is space";

  private final List<SmallDisk> disks = new ArrayList<>();
  private TestCluster cluster;
  private int loads;

  @BeforeAll
  void start(@TempDir Path dir) throws Exception {
    cluster = TestCluster.onLoopback(dir, 3, Map.of("log.dir.min.free.bytes", "0"));
    for (MillraceProcess node : cluster.nodes()) {
      SmallDisk disk = SmallDisk.mount(node.logDir(), MIB);
      disks.add(disk);
      node.runBy(disk.runner()).expectInOutput(FULL);
    }
    cluster.startAll();
  }

  @AfterAll
  void stop() {
    try {
      cluster.close();
    } finally {
      disks.forEach(SmallDisk::close);
    }
  }

  @BeforeEach
  void awaitHealth() {
    cluster.awaitSameImage();
  }

  /** Takes all the space of a node while topics are made, and gives it back. */
  private void fill(int number, Runnable meanwhile) throws IOException {
    MillraceProcess node = cluster.node(number);
    SmallDisk disk = disks.get(number - 1);
    try (TopicLoad load = TopicLoad.start(cluster, "load" + ++loads)) {
      load.awaitMore(10);
      disk.fill();
      Await.until(
          () -> "node " + number + " says that its disk is full:\n" + node.output().tail(20),
          TestCluster.PATIENCE,
          () ->
              node.output()
                  .find(Pattern.compile("cannot write metadata until there is space"))
                  .isPresent());
      try {
        meanwhile.run();
        load.awaitMore(20);
      } finally {
        disk.empty();
      }

      load.awaitMore(5);
      load.stopAndAwaitOn(cluster);
      cluster.awaitSameImage();
    }
  }

  @Test
  void shouldGoOnWhenTheDiskOfAFollowerIsFull() throws IOException {
    fill(cluster.awaitFollower(), () -> {});
  }

  @Test
  void shouldLetClientsOfANodeWhoseDiskIsFullWaitOnceForItsCopy() throws IOException {
    int full = cluster.awaitFollower();
    fill(
        full,
        () -> {
          long began = System.nanoTime();
          for (int i = 0; i < 5; i++) {
            create(full, "through-full-" + i);
          }
          Duration took = Duration.ofNanos(System.nanoTime() - began);
          System.out.println(
              "5 topics through a node with a full disk: " + took.toMillis() + " ms");
          // Each would wait for five seconds otherwise.
          assertThat(took).isLessThan(Duration.ofSeconds(9));
        });
  }

  private void create(int node, String topic) {
    try (WireClient client = WireClient.connect(cluster.node(node).address())) {
      client.setTimeout(30_000);
      assertThat(client.createTopic(topic, 20_000)).isEqualTo(Errors.NONE);
    }
  }

  @Test
  void shouldGoOnWhenTheDiskOfTheControllerIsFull() throws IOException {
    int controller = cluster.awaitController(cluster.allBut());
    fill(
        controller,
        () -> {
          Stopwatch failover = Stopwatch.start();
          cluster.awaitController(cluster.allBut(controller));
          failover.print("another controller when the disk is full");
        });
  }

  @Test
  void shouldLetAnotherLeadWhenTheDiskOfALeaderIsFull() throws Exception {
    try (Clients clients = new Clients(cluster)) {
      clients.createTopic("numbers", 1, 3, Map.of("min.insync.replicas", "2"));
      try (NumberedLoad load = new NumberedLoad(clients, "numbers", 100)) {
        load.awaitMore(500);
        int leader = partition(clients).leader().id();
        SmallDisk disk = disks.get(leader - 1);
        Stopwatch handover = Stopwatch.start();

        disk.fill();

        try {
          awaitPartition(clients, "another node leads", now -> leads(now) && !leads(now, leader));
          handover.print("another leader when the disk is full");
          load.awaitMore(500);
        } finally {
          disk.empty();
        }
        awaitPartition(clients, "all replicas are in sync", now -> now.isr().size() == 3);
        load.finish();
        load.assertStoredOnceInOrder(clients);
      }
    }
  }

  private static boolean leads(TopicPartitionInfo partition) {
    return partition.leader() != null && !partition.leader().isEmpty();
  }

  private static boolean leads(TopicPartitionInfo partition, int node) {
    return leads(partition) && partition.leader().id() == node;
  }

  private static TopicPartitionInfo partition(Clients clients) throws Exception {
    return Clients.await(
            clients.admin().describeTopics(List.of("numbers")).topicNameValues().get("numbers"))
        .partitions()
        .get(0);
  }

  private static void awaitPartition(
      Clients clients, String what, Predicate<TopicPartitionInfo> such) {
    TopicPartitionInfo[] seen = new TopicPartitionInfo[1];
    Await.until(
        () -> what + ": " + seen[0],
        TestCluster.PATIENCE,
        () -> {
          try {
            seen[0] = partition(clients);
          } catch (Exception e) {
            throw new AssertionError(e);
          }
          return such.test(seen[0]);
        });
  }
}
