package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.TopicDescription;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three real nodes that find each other on one machine: one cluster for all tests that need no
 * other, and each leaves all nodes running.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterIT {
  private TestCluster cluster;

  @BeforeAll
  void start(@TempDir Path dir) throws IOException {
    cluster = TestCluster.onLoopback(dir, 3, Map.of()).startAll();
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  @Test
  void shouldServeClientsThroughAnyNode() throws Exception {
    try (Clients through2 = new Clients(cluster.node(2));
        Clients through3 = new Clients(cluster.node(3))) {
      through2.createTopic("orders", 6);
      Numbers.produce(through3, "orders", 6, 0, 600);

      TopicDescription orders =
          through3.admin().describeTopics(List.of("orders")).allTopicNames().get().get("orders");
      Set<Integer> leaders = new TreeSet<>();
      orders.partitions().forEach(partition -> leaders.add(partition.leader().id()));
      assertThat(leaders).containsExactly(1, 2, 3);
      Numbers.assertAllBelow(600, Numbers.read(through2, "orders"));
    }
  }

  @Test
  void shouldFailOverAndTakeTheOldControllerBack() throws Exception {
    try (TopicLoad load = TopicLoad.start(cluster, "failover")) {
      int first = cluster.awaitController(cluster.allBut());
      load.awaitMore(20);

      cluster.node(first).kill();
      int second = cluster.awaitController(cluster.allBut(first));
      assertThat(second).isNotEqualTo(first);
      load.awaitMore(20);

      cluster.node(first).startAndAwaitReady();
      cluster.awaitController(cluster.allBut());
      load.awaitMore(20);
      cluster.awaitTopics(load.stop());
    }
  }

  @Test
  void shouldKeepEverythingWhenAllNodesAreKilled() throws Exception {
    List<String> acknowledged;
    try (TopicLoad load = TopicLoad.start(cluster, "killed")) {
      load.awaitMore(50);
      cluster.nodes().forEach(BrokerProcess::kill);
      acknowledged = load.stop();
    }
    cluster.startAll();
    cluster.awaitTopics(acknowledged);
  }

  @Test
  void shouldLetAClusterOfOneGrow(@TempDir Path dir) throws Exception {
    try (TestCluster growing = TestCluster.onLoopback(dir, 3, Map.of())) {
      String seeds = growing.node(1).setting("cluster.seeds");
      growing.node(1).set("cluster.seeds", "").startAndAwaitReady();
      try (Clients alone = new Clients(growing.node(1))) {
        alone.createTopic("early", 1);
        Numbers.produce(alone, "early", 1, 0, 10);
      }
      growing.node(1).stop();
      growing.node(1).set("cluster.seeds", seeds);
      growing.startAll();

      growing.awaitVoters(3);
      growing.awaitTopics(List.of("early"));
      try (Clients clients = new Clients(growing.node(3))) {
        Numbers.assertAllBelow(10, Numbers.read(clients, "early"));
      }
    }
  }

  @Test
  void shouldRefuseASecondNodeWithTheSameId(@TempDir Path dir) throws Exception {
    MillraceProcess twin = cluster.twinOf(2, dir.resolve("twin"));
    twin.start();
    assertThat(twin.awaitEnd(TestCluster.PATIENCE)).isEqualTo(1);
    assertThat(twin.output().tail(5)).contains("node.id 2 is already in use");
    cluster.awaitController(cluster.allBut());
  }

  @Test
  void shouldRefuseASecondProcessOnACopyOfADisk(@TempDir Path dir) throws Exception {
    int controller = cluster.awaitController(cluster.allBut());
    int copied = controller == 3 ? 2 : 3;
    MillraceProcess twin = cluster.twinOf(copied, dir.resolve("twin"));
    Disks.copy(cluster.node(copied).logDir(), twin.logDir());
    int term = ClusterView.of(cluster.node(controller)).orElseThrow().term();
    try (TopicLoad load = TopicLoad.start(cluster, "load")) {
      load.awaitMore(5);
      twin.start();
      assertThat(twin.awaitEnd(TestCluster.PATIENCE)).isEqualTo(1);
      assertThat(twin.output().tail(5))
          .contains("node.id " + copied + " is already in use")
          .contains("with a copy of this node's log directory");
      load.awaitMore(5);
      load.stopAndAwaitOn(cluster);
    }
    cluster.awaitSameImage();
    assertThat(ClusterView.of(cluster.node(controller)).orElseThrow().term()).isEqualTo(term);
  }
}
