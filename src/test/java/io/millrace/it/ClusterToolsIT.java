package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Apache Kafka's own command line tools against three voters and a learner. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterToolsIT {
  private static final String TOPICS = "org.apache.kafka.tools.TopicCommand";
  private static final String CONFIGS = "kafka.admin.ConfigCommand";
  private static final String CLUSTER = "org.apache.kafka.tools.ClusterTool";
  private static final String FEATURES = "org.apache.kafka.tools.FeatureCommand";
  private static final String QUORUM = "org.apache.kafka.tools.MetadataQuorumCommand";
  private static final String OFFSETS = "org.apache.kafka.tools.GetOffsetShell";

  private TestCluster cluster;

  @BeforeAll
  void start(@TempDir Path dir) throws Exception {
    cluster = TestCluster.onLoopback(dir, 4, Map.of());
    cluster.node(4).set("process.roles", "broker");
    cluster.startAll();
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  /** Runs a tool that asks one node first. */
  private Tool.Result tool(int node, String main, String... args) {
    List<String> all =
        new ArrayList<>(List.of("--bootstrap-server", cluster.node(node).bootstrap()));
    all.addAll(List.of(args));
    return Tool.run(main, all.toArray(String[]::new));
  }

  @Test
  void shouldCreateDescribeAndDeleteTopicsThroughAnyNode() {
    tool(4, TOPICS, "--create", "--topic", "spread", "--partitions", "8").succeeded();
    cluster.awaitTopics(List.of("spread"));

    Tool.Result described = tool(2, TOPICS, "--describe", "--topic", "spread").succeeded();
    assertThat(described.out()).contains("PartitionCount: 8", "ReplicationFactor: 1");
    List<String> leaders =
        Pattern.compile("Leader: (\\d+)")
            .matcher(described.out())
            .results()
            .map(found -> found.group(1))
            .distinct()
            .sorted()
            .toList();
    assertThat(leaders).containsExactly("1", "2", "3", "4");

    tool(3, TOPICS, "--delete", "--topic", "spread").succeeded();
    Await.until(
        "all nodes know that the topic is gone",
        TestCluster.PATIENCE,
        () ->
            cluster.nodes().stream()
                .noneMatch(node -> ClusterView.topicsOf(node).contains("spread")));
    assertThat(tool(1, TOPICS, "--list").succeeded().lines()).doesNotContain("spread");
  }

  @Test
  void shouldAlterAndDescribeConfigsThroughAnyNode() {
    tool(1, TOPICS, "--create", "--topic", "tuned").succeeded();
    cluster.awaitTopics(List.of("tuned"));
    String[] alter = {"--alter", "--entity-type", "topics", "--entity-name", "tuned"};
    tool(4, CONFIGS, append(alter, "--add-config", "retention.ms=12345")).succeeded();
    cluster.awaitConfigs(Map.of("tuned", Map.of("retention.ms", "12345")));
    String[] describe = {"--describe", "--entity-type", "topics", "--entity-name", "tuned"};
    assertThat(tool(2, CONFIGS, describe).succeeded().out()).contains("retention.ms=12345");

    String[] broker = {"--entity-type", "brokers", "--entity-name", "3"};
    assertThat(tool(2, CONFIGS, append(broker, "--describe", "--all")).succeeded().out())
        .contains("node.id=3");
  }

  private static String[] append(String[] first, String... more) {
    List<String> all = new ArrayList<>(List.of(first));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @Test
  void shouldTellOneClusterIdOnAllNodes() {
    String id = ClusterView.of(cluster.node(1)).orElseThrow().clusterId();
    for (int node = 1; node <= 4; node++) {
      Tool.Result told =
          Tool.run(CLUSTER, "cluster-id", "--bootstrap-server", cluster.node(node).bootstrap());
      assertThat(told.succeeded().out()).contains(id);
    }
  }

  @Test
  void shouldListTheEndpointsOfAllBrokers() {
    Tool.Result listed =
        Tool.run(CLUSTER, "list-endpoints", "--bootstrap-server", cluster.node(2).bootstrap())
            .succeeded();
    for (MillraceProcess node : cluster.nodes()) {
      assertThat(listed.out())
          .containsPattern(
              "(?m)^" + node.nodeId() + "\\s+127.0.0.1\\s+" + node.address().getPort() + "\\s");
    }
  }

  @Test
  void shouldDescribeFeatures() {
    assertThat(tool(3, FEATURES, "describe").succeeded().out())
        .containsPattern("Feature: metadata.version\\s+SupportedMinVersion: \\S+");
  }

  @Test
  void shouldDescribeTheQuorumFromAnyNode() {
    cluster.awaitVoters(3);
    int controller = cluster.awaitController(cluster.allBut());
    for (int node = 1; node <= 4; node++) {
      assertThat(tool(node, QUORUM, "describe", "--status").succeeded().out())
          .containsPattern("LeaderId:\\s+" + controller)
          .containsPattern("CurrentVoters:.*\"id\": 1.*\"id\": 2.*\"id\": 3")
          .containsPattern("CurrentObservers:.*\"id\": 4");
    }
  }

  @Test
  void shouldDescribeTheReplicationOfTheMetadata() {
    cluster.awaitVoters(3);
    int controller = cluster.awaitController(cluster.allBut());
    String replication = tool(4, QUORUM, "describe", "--replication").succeeded().out();
    List<String> roles =
        Pattern.compile("(?m)^(\\d)\\s+\\S+\\s+\\d+\\s.*\\s(Leader|Follower|Observer)\\s*$")
            .matcher(replication)
            .results()
            .map(ClusterToolsIT::role)
            .sorted()
            .toList();
    List<String> expected = new ArrayList<>(List.of("4 Observer"));
    for (int voter = 1; voter <= 3; voter++) {
      expected.add(voter + (voter == controller ? " Leader" : " Follower"));
    }
    assertThat(roles).as(replication).containsExactlyInAnyOrderElementsOf(expected);
  }

  private static String role(MatchResult found) {
    return found.group(1) + " " + found.group(2);
  }

  @Test
  void shouldTellOffsetsOfPartitionsOnAllNodes() throws Exception {
    try (Clients clients = new Clients(cluster.node(1))) {
      clients.createTopic("counted", 8);
      Numbers.produce(clients, "counted", 8, 0, 80);
    }
    List<String> lines = tool(3, OFFSETS, "--topic", "counted").succeeded().lines();
    for (int partition = 0; partition < 8; partition++) {
      assertThat(lines).contains("counted:" + partition + ":10");
    }
  }
}
