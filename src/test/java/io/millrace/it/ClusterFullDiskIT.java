package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
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
  private static final int MIB = 48;

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
}
