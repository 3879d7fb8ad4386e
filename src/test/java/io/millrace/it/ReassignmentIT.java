package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.CommandLineFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Partitions move between three real nodes, by Kafka's tool and by the command line. */
@Timeout(120)
class ReassignmentIT {
  private static final String TOOL = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand";
  private static final String TOPIC = "numbers";

  @TempDir Path dir;
  private TestCluster cluster;
  private Clients clients;

  @BeforeEach
  void start() throws Exception {
    cluster = TestCluster.onLoopback(dir, 3, Map.of()).startAll();
    clients = new Clients(cluster);
  }

  @AfterEach
  void stop() {
    clients.close();
    cluster.close();
  }

  private List<TopicPartitionInfo> partitions() {
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
      return topic.partitions();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static List<Integer> ids(List<Node> nodes) {
    return nodes.stream().map(Node::id).toList();
  }

  private List<Integer> replicas() {
    return ids(partitions().get(0).replicas());
  }

  private void awaitPartitions(String what, Predicate<TopicPartitionInfo> such) {
    Await.until(what, TestCluster.PATIENCE, () -> partitions().stream().allMatch(such));
  }

  private Path plan(Integer... replicas) throws IOException {
    String list = List.of(replicas).toString();
    return Files.writeString(
        dir.resolve("plan.json"),
        "{\"version\":1,\"partitions\":[{\"topic\":\""
            + TOPIC
            + "\",\"partition\":0,\"replicas\":"
            + list
            + "}]}");
  }

  private Tool.Result tool(String... args) {
    List<String> all = new ArrayList<>(List.of("--bootstrap-server", cluster.bootstrap()));
    all.addAll(List.of(args));
    return Tool.run(TOOL, all.toArray(String[]::new));
  }

  private void execute(long throttle, Integer... replicas) throws IOException {
    tool(
            "--reassignment-json-file",
            plan(replicas).toString(),
            "--execute",
            "--throttle",
            Long.toString(throttle))
        .succeeded();
  }

  private void awaitVerified() {
    Await.until(
        "the tool finds the reassignment complete",
        TestCluster.PATIENCE,
        () ->
            tool("--reassignment-json-file", dir.resolve("plan.json").toString(), "--verify")
                .succeeded()
                .out()
                .contains("is completed"));
  }

  private Path logOf(int node, int partition) {
    return cluster.node(node).logDir().resolve(TOPIC + "-" + partition);
  }

  private void awaitGone(int node, int partition) {
    Await.until(
        "the log of partition " + partition + " is gone from node " + node,
        TestCluster.PATIENCE,
        () -> !Files.exists(logOf(node, partition)));
  }

  @Test
  void shouldReplicateMoveAndCancelUnderLoad() throws Exception {
    clients.createTopic(TOPIC, 1, 1, Map.of());
    int first = replicas().get(0);
    int second = first % 3 + 1;
    int third = second % 3 + 1;
    try (NumberedLoad load = new NumberedLoad(clients, TOPIC, 100)) {
      load.awaitMore(1_000);

      execute(50_000_000, first, second, third);
      awaitVerified();
      assertThat(replicas()).containsExactly(first, second, third);
      awaitPartitions("all are in sync", partition -> partition.isr().size() == 3);
      load.awaitMore(1_000);

      execute(50_000_000, second, third);
      awaitVerified();
      assertThat(replicas()).containsExactly(second, third);
      awaitGone(first, 0);
      load.awaitMore(1_000);

      // So slow that it does not come to its end.
      execute(100, second, first);
      assertThat(tool("--list").succeeded().out()).contains(TOPIC + "-0");
      assertThat(replicas()).containsExactly(second, first, third);
      load.awaitMore(1_000);
      tool("--reassignment-json-file", dir.resolve("plan.json").toString(), "--cancel").succeeded();
      assertThat(tool("--list").succeeded().out()).contains("No partition reassignments found");
      assertThat(replicas()).containsExactly(second, third);
      awaitGone(first, 0);

      load.awaitMore(1_000);
      load.finish();
      load.assertStoredOnceInOrder(clients);
    }
  }

  private CommandLineFixture.Result millrace(String... command) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of("-b", cluster.bootstrap()));
    return new CommandLineFixture().run(all.toArray(String[]::new));
  }

  @Test
  void shouldDrainABrokerThatIsAway() throws Exception {
    clients.createTopic(TOPIC, 4, 2, Map.of());
    try (NumberedLoad load = new NumberedLoad(clients, TOPIC, 100)) {
      load.awaitMore(1_000);
      load.finish();
      int drained = replicas().get(0);
      cluster.node(drained).kill();

      var result = millrace("partitions", "drain", Integer.toString(drained));

      assertThat(result.exit()).as(result::toString).isZero();
      assertThat(result.err()).contains("partition(s) moved");
      assertThat(result.out()).contains("Broker " + drained + " has no replicas any more");
      awaitPartitions(
          "two others have it",
          partition -> partition.isr().size() == 2 && !ids(partition.replicas()).contains(drained));
      load.assertStoredOnceInOrder(clients);

      // What it has missed is made up for when it comes back.
      assertThat(logOf(drained, 0)).exists();
      cluster.node(drained).startAndAwaitReady();
      for (int partition = 0; partition < 4; partition++) {
        awaitGone(drained, partition);
      }
    }
  }
}
