package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes that have never met become one cluster, or none, and say what they wait for. */
@Timeout(180)
@Tag("long")
class ClusterFormationIT {
  private static final String NOT_YET = "Not in a cluster yet";
  private static final Pattern BELONGS = Pattern.compile("Node \\d+ is of cluster (\\S+?),");

  @TempDir Path dir;

  /** The seeds that these nodes are. */
  private static String seeds(TestCluster cluster, int... nodes) {
    return IntStream.of(nodes)
        .mapToObj(node -> "127.0.0.1:" + cluster.node(node).setting("cluster.port"))
        .collect(Collectors.joining(","));
  }

  private static void awaitOutput(MillraceProcess node, String regex) {
    Pattern pattern = Pattern.compile(regex);
    Await.until(
        () -> "'" + regex + "' in the output:\n" + node.output().tail(30),
        TestCluster.PATIENCE,
        () -> node.output().find(pattern).isPresent());
  }

  /** Ids of all clusters that any of the nodes says it belongs to. */
  private static Set<String> clusters(TestCluster cluster) {
    Set<String> ids = new TreeSet<>();
    for (MillraceProcess node : cluster.nodes()) {
      for (String line : node.output() == null ? List.<String>of() : node.output().lines()) {
        Matcher found = BELONGS.matcher(line);
        if (found.find()) {
          ids.add(found.group(1));
        }
      }
    }
    return ids;
  }

  private static void assertOneCluster(TestCluster cluster) {
    cluster.awaitSameImage();
    Set<String> ids = new HashSet<>();
    cluster.nodes().forEach(node -> ids.add(ClusterView.of(node).orElseThrow().clusterId()));
    assertThat(ids).hasSize(1);
    assertThat(clusters(cluster)).isEqualTo(ids);
  }

  @Test
  void shouldFormFromThreeThatStartAtOnce() throws Exception {
    try (TestCluster cluster = TestCluster.onLoopback(dir, 3, Map.of())) {
      Stopwatch cold = Stopwatch.start();
      cluster.startAll();
      cold.print("three nodes ready from a cold start");
      cluster.awaitVoters(3);
      assertOneCluster(cluster);
    }
  }

  @Test
  void shouldFormOneClusterFromSevenSeedsOneAfterTheOther() throws Exception {
    try (TestCluster cluster = TestCluster.onLoopback(dir, 7, Map.of())) {
      // All begin with the same three, in any order; what follows overlaps.
      cluster.node(1).set("cluster.seeds", seeds(cluster, 1, 2, 3, 4));
      cluster.node(2).set("cluster.seeds", seeds(cluster, 3, 2, 1, 4, 5));
      cluster.node(3).set("cluster.seeds", seeds(cluster, 2, 3, 1, 5, 6));
      cluster.node(4).set("cluster.seeds", seeds(cluster, 1, 3, 2, 6, 7));
      cluster.node(5).set("cluster.seeds", seeds(cluster, 1, 2, 3, 7));
      cluster.node(6).set("cluster.seeds", seeds(cluster, 3, 1, 2));
      cluster.node(7).set("cluster.seeds", seeds(cluster, 2, 1, 3, 4, 5, 6, 7));
      for (int early : List.of(7, 5, 2, 3)) {
        cluster.node(early).start();
        awaitOutput(cluster.node(early), NOT_YET);
      }
      assertThat(clusters(cluster)).isEmpty();

      cluster.node(1).startAndAwaitReady();
      cluster.node(4).startAndAwaitReady();
      cluster.startAll();

      cluster.awaitVoters(3);
      assertOneCluster(cluster);
    }
  }

  @Test
  void shouldFormNoneUntilTheSeedsAreSetRight() throws Exception {
    try (TestCluster cluster = TestCluster.onLoopback(dir, 4, Map.of())) {
      String right = cluster.node(1).setting("cluster.seeds");
      cluster.node(3).set("cluster.seeds", seeds(cluster, 2, 3, 4, 1));
      cluster.node(4).set("cluster.seeds", seeds(cluster, 2, 3, 4, 1));
      cluster.nodes().forEach(BrokerProcess::start);
      for (MillraceProcess node : cluster.nodes()) {
        awaitOutput(node, NOT_YET + ".*set the same cluster.seeds on all nodes");
      }
      assertThat(clusters(cluster)).isEmpty();

      for (int wrong : List.of(3, 4)) {
        cluster.node(wrong).kill();
        cluster.node(wrong).set("cluster.seeds", right).start();
      }
      cluster.nodes().forEach(BrokerProcess::awaitReady);
      assertOneCluster(cluster);
    }
  }

  @Test
  void shouldWaitForTheOneWithTheWrongSecret() throws Exception {
    Map<String, String> secret = Map.of("cluster.secret", "of the others");
    try (TestCluster cluster = TestCluster.onLoopback(dir, 3, secret)) {
      cluster.node(3).set("cluster.secret", "mistyped");
      cluster.nodes().forEach(BrokerProcess::start);
      String message = "another cluster.secret.*set the same on all nodes";
      awaitOutput(cluster.node(3), message);
      awaitOutput(cluster.node(1), message);
      assertThat(clusters(cluster)).isEmpty();

      cluster.node(3).kill();
      cluster.node(3).set("cluster.secret", "of the others").start();
      cluster.nodes().forEach(BrokerProcess::awaitReady);
      assertOneCluster(cluster);
    }
  }

  @Test
  void shouldKeepTwoClustersApartWhoseSeedsMeet() throws Exception {
    try (TestCluster cluster = TestCluster.onLoopback(dir, 2, Map.of())) {
      MillraceProcess one = cluster.node(1);
      MillraceProcess other = cluster.node(2);
      one.set("cluster.seeds", seeds(cluster, 1)).startAndAwaitReady();
      other.set("cluster.seeds", seeds(cluster, 2)).startAndAwaitReady();
      try (Clients ofOne = new Clients(one);
          Clients ofOther = new Clients(other)) {
        ofOne.createTopic("one", 1);
        ofOther.createTopic("other", 1);
      }
      other.kill();
      other.set("cluster.seeds", seeds(cluster, 1, 2)).startAndAwaitReady();

      String message = "belong to different clusters: correct cluster.seeds";
      awaitOutput(one, message);
      awaitOutput(other, message);
      try (Clients ofOne = new Clients(one);
          Clients ofOther = new Clients(other)) {
        ofOne.createTopic("one-more", 1);
        ofOther.createTopic("other-more", 1);
      }
      assertThat(ClusterView.topicsOf(one)).containsExactlyInAnyOrder("one", "one-more");
      assertThat(ClusterView.topicsOf(other)).containsExactlyInAnyOrder("other", "other-more");
      assertThat(ClusterView.of(one).orElseThrow().voters()).containsExactly(1);
      assertThat(ClusterView.of(other).orElseThrow().voters()).containsExactly(2);
    }
  }

  @Test
  void shouldLetControllersDecideAndBrokersServe() throws Exception {
    try (TestCluster cluster = TestCluster.onLoopback(dir, 5, Map.of())) {
      for (int controller = 1; controller <= 3; controller++) {
        cluster.node(controller).set("process.roles", "controller");
      }
      cluster.node(4).set("process.roles", "broker");
      cluster.node(5).set("process.roles", "broker");
      cluster.startAll();

      try (Clients clients = new Clients(cluster.node(4))) {
        clients.createTopic("orders", 4);
        Numbers.produce(clients, "orders", 4, 0, 100);
        Numbers.assertAllBelow(100, Numbers.read(clients, "orders"));
      }
      cluster.awaitSameImage();
      ClusterView view = ClusterView.of(cluster.node(5)).orElseThrow();
      assertThat(view.voters()).containsExactlyInAnyOrder(1, 2, 3);
      assertThat(view.unfenced()).containsExactlyInAnyOrder(4, 5);
    }
  }

  @Test
  void shouldFillAWipedNode() throws Exception {
    try (TestCluster cluster = TestCluster.onLoopback(dir, 4, Map.of()).startAll()) {
      MillraceProcess wiped = cluster.node(4);
      List<String> topics = new ArrayList<>();
      try (Clients clients = new Clients(cluster.node(1))) {
        for (int i = 0; i < 20; i++) {
          clients.createTopic("topic-" + i, 2);
          topics.add("topic-" + i);
        }
      }
      wiped.kill();
      Disks.wipe(wiped.logDir());
      wiped.startAndAwaitReady();

      cluster.awaitTopics(topics);
      cluster.awaitSameImage();
      cluster.awaitVoters(3);
      awaitOutput(wiped, "is of cluster");
    }
  }
}
