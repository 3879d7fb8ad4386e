package io.millrace.it;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
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

  private final List<SmallDisk> disks = new ArrayList<>();
  private TestCluster cluster;
  private int loads;

  @BeforeAll
  void start(@TempDir Path dir) throws Exception {
    cluster = TestCluster.onLoopback(dir, 3, Map.of("log.dir.min.free.bytes", "0"));
    for (MillraceProcess node : cluster.nodes()) {
      SmallDisk disk = SmallDisk.mount(node.logDir(), MIB);
      disks.add(disk);
      node.runBy(disk.runner()).expectInOutput("(?i)no space left|bytes free|until there is space");
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
        // Few: a client of the full node waits a while each time for that node's own copy.
        load.awaitMore(3);
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
    int controller = cluster.awaitController(cluster.allBut());
    fill(controller == 3 ? 2 : 3, () -> {});
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
