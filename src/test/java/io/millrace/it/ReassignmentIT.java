package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.CommandLineFixture;
import io.millrace.cli.ExitCode;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Partitions move between three real nodes, by Kafka's tool and by the command line. One cluster
 * for all tests; each has a topic of its own, and leaves all nodes running.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReassignmentIT {
  private static final String TOOL = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand";
  private static final String CONFIGS = "kafka.admin.ConfigCommand";

  private TestCluster cluster;
  private Clients clients;
  private Path dir;
  private String topic;
  private int topics;

  @BeforeAll
  void start(@TempDir Path of) throws Exception {
    dir = of;
    cluster = TestCluster.onLoopback(dir, 3, Map.of()).startAll();
    clients = new Clients(cluster);
  }

  @AfterAll
  void stop() {
    clients.close();
    cluster.close();
  }

  @BeforeEach
  void name() {
    topic = "numbers" + ++topics;
  }

  /** A broker is drained of all topics that there are. */
  @AfterEach
  void delete() throws Exception {
    cluster.startAll();
    Clients.await(
        clients
            .admin()
            .deleteTopics(List.of(topic))
            .all()
            .toCompletionStage()
            .toCompletableFuture());
  }

  /** Creates the topic; from then on any node can be asked for it. */
  private void create(int partitions, int replicas, Map<String, String> configs) throws Exception {
    clients.createTopic(topic, partitions, replicas, configs);
    cluster.awaitTopics(List.of(topic));
  }

  private List<TopicPartitionInfo> partitions() {
    return clients.partitions(topic);
  }

  private static List<Integer> ids(List<Node> nodes) {
    return nodes.stream().map(Node::id).toList();
  }

  private List<Integer> replicas() {
    return ids(partitions().get(0).replicas());
  }

  /** Every node says so, sooner or later; any of them is asked. */
  private void awaitReplicas(Integer... nodes) {
    Await.until(
        "the replicas are " + List.of(nodes),
        TestCluster.PATIENCE,
        () -> replicas().equals(List.of(nodes)));
  }

  private void awaitPartitions(String what, Predicate<TopicPartitionInfo> such) {
    Await.until(what, TestCluster.PATIENCE, () -> partitions().stream().allMatch(such));
  }

  /** A plan for partition 0 of these topics. */
  private Path plan(List<String> topics, Integer... replicas) throws IOException {
    JsonArray all = new JsonArray();
    topics.forEach(
        each ->
            all.add(JsonObject.of("topic", each, "partition", 0, "replicas", List.of(replicas))));
    return Files.writeString(
        dir.resolve("plan.json"), JsonObject.of("version", 1, "partitions", all).encode());
  }

  private Tool.Result tool(String... args) {
    List<String> all = new ArrayList<>(List.of("--bootstrap-server", cluster.bootstrap()));
    all.addAll(List.of(args));
    return Tool.run(TOOL, all.toArray(String[]::new));
  }

  private void execute(long throttle, Integer... replicas) throws IOException {
    tool(
            "--reassignment-json-file",
            plan(List.of(topic), replicas).toString(),
            "--execute",
            "--throttle",
            Long.toString(throttle))
        .succeeded();
  }

  /** Who leads, and two others. */
  private int[] nodesFromLeader() {
    int first = partitions().get(0).leader().id();
    return new int[] {first, first % 3 + 1, (first + 1) % 3 + 1};
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
    return cluster.node(node).logDir().resolve(topic + "-" + partition);
  }

  private void awaitGone(int node, int partition) {
    Await.until(
        "the log of partition " + partition + " is gone from node " + node,
        TestCluster.PATIENCE,
        () -> !Files.exists(logOf(node, partition)));
  }

  @Test
  void shouldReplicateMoveAndCancelUnderLoad() throws Exception {
    create(1, 1, Map.of());
    int first = replicas().get(0);
    int second = first % 3 + 1;
    int third = second % 3 + 1;
    try (NumberedLoad load = new NumberedLoad(clients, topic, 100)) {
      load.awaitMore(1_000);

      execute(50_000_000, first, second, third);
      awaitVerified();
      awaitReplicas(first, second, third);
      awaitPartitions("all are in sync", partition -> partition.isr().size() == 3);
      load.awaitMore(1_000);

      execute(50_000_000, second, third);
      awaitVerified();
      awaitReplicas(second, third);
      awaitGone(first, 0);
      // More than one fetch takes.
      load.awaitMore(15_000);

      // So slow that it does not come to its end.
      execute(100, second, first);
      assertThat(tool("--list").succeeded().out()).contains(topic + "-0");
      awaitReplicas(second, first, third);
      load.awaitMore(1_000);
      tool("--reassignment-json-file", dir.resolve("plan.json").toString(), "--cancel").succeeded();
      assertThat(tool("--list").succeeded().out()).contains("No partition reassignments found");
      awaitReplicas(second, third);
      awaitGone(first, 0);

      load.awaitMore(1_000);
      load.finish();
      load.assertStoredOnceInOrder(clients);
    }
  }

  @Test
  void shouldMoveAsKafkasToolProposesAndTakeItsThrottleAway() throws Exception {
    create(1, 1, Map.of());
    Numbers.produce(clients, topic, 1, 0, 100);
    int[] nodes = nodesFromLeader();
    Path toMove =
        Files.writeString(
            dir.resolve("topics.json"),
            "{\"version\":1,\"topics\":[{\"topic\":\"" + topic + "\"}]}");
    Tool.Result generated =
        tool(
                "--topics-to-move-json-file",
                toMove.toString(),
                "--broker-list",
                Integer.toString(nodes[1]),
                "--generate")
            .succeeded();
    String[] parts = generated.out().split("Proposed partition reassignment configuration");
    assertThat(parts).hasSize(2);
    assertThat(parts[0]).contains("Current partition replica assignment");
    Files.writeString(dir.resolve("plan.json"), parts[1].strip());

    String plan = dir.resolve("plan.json").toString();
    tool("--reassignment-json-file", plan, "--execute", "--throttle", "50000000").succeeded();

    assertThat(configs("topics", topic)).contains("leader.replication.throttled.replicas");
    assertThat(configs("brokers", Integer.toString(nodes[1])))
        .contains("follower.replication.throttled.rate=50000000");
    awaitVerified();
    awaitReplicas(nodes[1]);
    assertThat(configs("topics", topic)).doesNotContain("throttled");
    assertThat(configs("brokers", Integer.toString(nodes[1]))).doesNotContain("throttled");
    Numbers.assertAllBelow(100, Numbers.read(clients, topic));
  }

  @Test
  void shouldMoveNoFasterThanTheCommandSaysAndTakeItsThrottleAway() throws Exception {
    create(1, 1, Map.of());
    int[] nodes = nodesFromLeader();
    clients.produce(
        Map.of(), Collections.nCopies(30, new ProducerRecord<>(topic, 0, null, new byte[100_000])));

    long start = System.nanoTime();
    String to = Integer.toString(nodes[1]);
    var result = millrace("partitions", "move", topic + "-0", "--to", to, "--throttle", "1000000");

    assertThat(result.exit()).as(result::toString).isZero();
    // 3 MB; the first second's worth may come at once, and what is on its way counts late.
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(700));
    awaitReplicas(nodes[1]);
    assertThat(configs("topics", topic)).doesNotContain("throttled");
    assertThat(configs("brokers", to)).doesNotContain("throttled");
  }

  @Test
  void shouldMoveWhatExistsOfAPlan() throws Exception {
    create(1, 1, Map.of());
    int to = nodesFromLeader()[1];
    String plan = plan(List.of("nowhere", topic), to).toString();

    var result = millrace("partitions", "move", "--file", plan, "--throttle", "50000000");

    assertThat(result.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(result.err()).contains("nowhere-0: ");
    awaitReplicas(to);
    assertThat(configs("topics", topic)).doesNotContain("throttled");
  }

  @Test
  void shouldSayThatThereIsNothingToMoveAndNothingToCancel() throws Exception {
    create(1, 1, Map.of());
    String where = Integer.toString(nodesFromLeader()[0]);

    assertThat(millrace("partitions", "move", topic + "-0", "--to", where).out())
        .isEqualTo("Moved 0 partition(s), 1 had these replicas before\n");
    var cancelled = millrace("partitions", "move", topic + "-0", "--cancel");
    assertThat(cancelled.exit()).as(cancelled::toString).isZero();
    assertThat(cancelled.out()).isEqualTo("Cancelled 0 move(s)\n");
  }

  /** As a command leaves it that somebody ended. */
  @Test
  void shouldTakeAwayAThrottleThatWasLeftBehind() throws Exception {
    create(1, 1, Map.of("leader.replication.throttled.replicas", "0:1"));
    limit("1");
    assertThat(configs("brokers", "1")).contains("throttled");

    assertThat(millrace("partitions", "move", "--cancel").exit()).isZero();

    assertThat(configs("topics", topic)).doesNotContain("throttled");
    assertThat(configs("brokers", "1")).doesNotContain("throttled");

    int[] nodes = nodesFromLeader();
    String to = Integer.toString(nodes[1]);
    String other = Integer.toString(nodes[2]);
    limit(other);
    var again = millrace("partitions", "move", topic + "-0", "--to", to, "--throttle", "1000000");

    assertThat(again.exit()).as(again::toString).isZero();
    assertThat(configs("brokers", other)).as("it has no part in this").doesNotContain("throttled");
  }

  private void limit(String broker) {
    clients.configure(
        ConfigResource.Type.BROKER, broker, "follower.replication.throttled.rate", "500000");
  }

  private String configs(String type, String name) {
    return Tool.run(
            CONFIGS,
            "--bootstrap-server",
            cluster.bootstrap(),
            "--describe",
            "--entity-type",
            type,
            "--entity-name",
            name)
        .succeeded()
        .out();
  }

  @Test
  void shouldAcknowledgeAtTheFirstAttemptWhileOtherReplicasLeave() throws Exception {
    create(1, 3, Map.of("min.insync.replicas", "2"));
    awaitPartitions("all are in sync", partition -> partition.isr().size() == 3);
    int[] nodes = nodesFromLeader();
    Map<String, Object> once =
        Map.of("acks", "all", "retries", 0, "enable.idempotence", false, "linger.ms", 1);
    List<CompletableFuture<RecordMetadata>> acks = new ArrayList<>();
    try (KafkaProducer<byte[], byte[]> producer = clients.producer(once)) {
      for (int round = 0; round < 4; round++) {
        boolean leaves = round % 2 == 0;
        reassign(leaves ? List.of(nodes[0], nodes[1]) : List.of(nodes[0], nodes[1], nodes[2]));
        int size = leaves ? 2 : 3;
        Await.until(
            size + " replicas are in sync",
            TestCluster.PATIENCE,
            () -> {
              for (int i = 0; i < 20; i++) {
                acks.add(
                    Clients.send(producer, new ProducerRecord<>(topic, 0, null, new byte[10])));
              }
              TopicPartitionInfo now = partitions().get(0);
              return now.replicas().size() == size && now.isr().size() == size;
            });
      }
    }
    for (CompletableFuture<RecordMetadata> ack : acks) {
      Clients.await(ack);
    }
    assertThat(partitions().get(0).leader().id()).isEqualTo(nodes[0]);
    assertThat(clients.consumeAll(topic)).hasSameSizeAs(acks);
  }

  private void reassign(List<Integer> replicas) throws Exception {
    Clients.await(
        clients
            .admin()
            .alterPartitionReassignments(
                Map.of(
                    new TopicPartition(topic, 0),
                    Optional.of(new NewPartitionReassignment(replicas))))
            .all()
            .toCompletionStage()
            .toCompletableFuture());
  }

  private CommandLineFixture.Result millrace(String... command) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of("-b", cluster.bootstrap()));
    return new CommandLineFixture().run(all.toArray(String[]::new));
  }

  @Test
  void shouldDrainABrokerThatIsAway() throws Exception {
    create(4, 2, Map.of());
    try (NumberedLoad load = new NumberedLoad(clients, topic, 100)) {
      load.awaitMore(1_000);
      load.finish();
      int drained = replicas().get(0);
      cluster.node(drained).kill();

      String id = Integer.toString(drained);
      var result = millrace("partitions", "drain", id);

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
      var again = millrace("partitions", "drain", id, "-o", "json");
      assertThat(new JsonObject(again.out()).getMap())
          .isEqualTo(Map.of("broker", drained, "partitions", 0, "complete", true));

      var refused = millrace("cluster", "unregister", id);
      assertThat(refused.exit()).isEqualTo(ExitCode.FAILED);
      assertThat(refused.err()).contains("Broker " + drained + " serves: stop it");
      assertThat(millrace("cluster", "unregister", "77").exit()).isEqualTo(ExitCode.NOT_FOUND);
    }
  }
}
