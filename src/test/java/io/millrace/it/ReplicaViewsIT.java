package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.CommandLineFixture;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What Apache Kafka's tools, a consumer that reads nearby (KIP-392), HTTP and our own command line
 * see of the replicas on three nodes in three racks. Each test leaves all nodes serving.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReplicaViewsIT {
  private static final String TOPICS = "org.apache.kafka.tools.TopicCommand";
  private static final String ELECTIONS = "org.apache.kafka.tools.LeaderElectionCommand";
  private static final String VERIFICATION = "org.apache.kafka.tools.ReplicaVerificationTool";
  private static final Pattern DESCRIBED = Pattern.compile("Topic: (\\S+)\\s+Partition: (\\d+)");

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private TestCluster cluster;
  private Clients clients;

  @BeforeAll
  void start(@TempDir Path dir) throws Exception {
    Map<String, String> settings =
        Map.of(
            "replica.selector.class", "org.apache.kafka.common.replica.RackAwareReplicaSelector");
    cluster = TestCluster.onLoopback(dir, 3, settings);
    for (int node = 1; node <= 3; node++) {
      cluster.node(node).set("broker.rack", rack(node));
    }
    // One of them stands still for a while.
    cluster.nodes().forEach(node -> node.expectInOutput(TestCluster.MASTERSHIP));
    cluster.startAll();
    clients = new Clients(cluster);
  }

  @AfterAll
  void stop() {
    clients.close();
    cluster.close();
  }

  /** What one test leaves would be counted by the next. */
  @AfterEach
  void tidy() throws Exception {
    cluster.startAll();
    Admin admin = clients.admin();
    Set<String> topics =
        Clients.await(admin.listTopics().names().toCompletionStage().toCompletableFuture());
    Clients.await(admin.deleteTopics(topics).all().toCompletionStage().toCompletableFuture());
  }

  private static String rack(int node) {
    return "rack" + node;
  }

  /** A topic of one partition. */
  private void create(String topic, Map<String, String> configs, Integer... replicas)
      throws Exception {
    NewTopic assigned = new NewTopic(topic, Map.of(0, List.of(replicas))).configs(configs);
    Clients.await(
        clients
            .admin()
            .createTopics(List.of(assigned))
            .all()
            .toCompletionStage()
            .toCompletableFuture());
  }

  private TopicPartitionInfo partition(String topic) {
    return clients.partitions(topic).get(0);
  }

  private void awaitIsr(String topic, int size) {
    Await.until(
        () -> size + " replicas of " + topic + " are in sync: " + partition(topic),
        TestCluster.PATIENCE,
        () -> partition(topic).isr().size() == size);
  }

  private void awaitLeader(String topic, int node) {
    Await.until(
        () -> "node " + node + " leads " + topic + ": " + partition(topic),
        TestCluster.PATIENCE,
        () -> partition(topic).leader() != null && partition(topic).leader().id() == node);
  }

  /** The topics with partitions that Kafka's tool shows with this option. */
  private List<String> described(String option) {
    Tool.Result result =
        Tool.run(
            TOPICS,
            "--bootstrap-server",
            cluster.node(1).bootstrap(),
            "--describe",
            "--exclude-internal",
            option);
    return DESCRIBED
        .matcher(result.succeeded().out())
        .results()
        .map(found -> found.group(1))
        .filter(topic -> topic.startsWith("lacks-"))
        .sorted()
        .toList();
  }

  private static String get(MillraceProcess node, String path) {
    URI uri = URI.create("http://127.0.0.1:" + node.http().getPort() + path);
    try {
      return HTTP.send(
              HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(5)).build(),
              BodyHandlers.ofString())
          .body();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static double metric(MillraceProcess node, String name) {
    Matcher found =
        Pattern.compile("(?m)^millrace_" + Pattern.quote(name) + " (\\S+)$")
            .matcher(get(node, "/metrics"));
    assertThat(found.find()).as(name).isTrue();
    return Double.parseDouble(found.group(1));
  }

  @Test
  void shouldAllShowWhatANodeLeavesBehindThatIsGone() throws Exception {
    Map<String, String> two = Map.of("min.insync.replicas", "2");
    create("lacks-one", two, 1, 2, 3);
    create("lacks-too-many", Map.of("min.insync.replicas", "3"), 2, 1, 3);
    create("lacks-all", Map.of(), 3);
    create("lacks-nothing", two, 1, 2);
    awaitIsr("lacks-one", 3);
    awaitIsr("lacks-too-many", 3);
    awaitIsr("lacks-nothing", 2);
    MillraceProcess gone = cluster.node(3);
    double fencedBefore = shrinks();

    gone.kill();
    awaitIsr("lacks-one", 2);
    awaitIsr("lacks-too-many", 2);
    Await.until(
        "the partition of the node that is gone has no leader",
        TestCluster.PATIENCE,
        () -> described("--unavailable-partitions").equals(List.of("lacks-all")));

    assertThat(described("--under-replicated-partitions")).contains("lacks-one", "lacks-too-many");
    assertThat(described("--under-min-isr-partitions")).contains("lacks-too-many");
    assertThat(described("--under-min-isr-partitions")).doesNotContain("lacks-one");
    assertThat(described("--at-min-isr-partitions")).contains("lacks-one", "lacks-nothing");
    assertThat(described("--at-min-isr-partitions")).doesNotContain("lacks-too-many");
    for (int node = 1; node <= 2; node++) {
      awaitHttpToTell(cluster.node(node));
    }
    assertThat(metric(cluster.node(1), "under_replicated_partitions")).isEqualTo(1);
    assertThat(metric(cluster.node(1), "under_min_isr_partitions")).isZero();
    assertThat(metric(cluster.node(2), "under_replicated_partitions")).isEqualTo(1);
    assertThat(metric(cluster.node(2), "under_min_isr_partitions")).isEqualTo(1);
    assertThat(shrinks()).isEqualTo(fencedBefore + 2);
    assertThat(commandLine("cluster", "--http", "127.0.0.1:" + cluster.node(2).http().getPort()))
        .contains("1 OFFLINE, 2 UNDER-REPLICATED, 1 UNDER MIN ISR");

    gone.startAndAwaitReady();
    awaitIsr("lacks-one", 3);
    awaitIsr("lacks-too-many", 3);
    Await.until(
        "nothing lacks anything",
        TestCluster.PATIENCE,
        () ->
            described("--under-replicated-partitions").isEmpty()
                && described("--under-min-isr-partitions").isEmpty()
                && described("--unavailable-partitions").isEmpty());
  }

  /** Both leaders count theirs. */
  private double shrinks() {
    return Stream.of(1, 2)
        .mapToDouble(node -> metric(cluster.node(node), "isr_shrinks_total{reason=\"fenced\"}"))
        .sum();
  }

  private void awaitHttpToTell(MillraceProcess node) {
    JsonObject[] seen = new JsonObject[1];
    Await.until(
        () -> "node " + node.nodeId() + " tells what is lacking: " + seen[0],
        TestCluster.PATIENCE,
        () -> {
          seen[0] = new JsonObject(get(node, "/health/ready"));
          JsonObject replication = seen[0].getJsonObject("replication");
          return seen[0].getString("status").equals("ready")
              && replication.getInteger("offlinePartitions") == 1
              && replication.getInteger("underReplicatedPartitions") == 2
              && replication.getInteger("underMinIsrPartitions") == 1;
        });
    JsonObject lagging = new JsonObject(get(node, "/api/v1/topics/lacks-too-many"));
    assertThat(lagging.getInteger("underMinIsrPartitions")).isEqualTo(1);
    assertThat(metric(node, "cluster_under_replicated_partitions")).isEqualTo(2);
    assertThat(metric(node, "cluster_under_min_isr_partitions")).isEqualTo(1);
    assertThat(metric(node, "offline_partitions")).isEqualTo(1);
  }

  private String commandLine(String... command) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of("-b", cluster.node(1).bootstrap()));
    return new CommandLineFixture().run(all.toArray(String[]::new)).out();
  }

  @Test
  void shouldShowOnEveryNodeHowFarAReplicaIsBehindThatStandsStill() throws Exception {
    create("paused", Map.of("min.insync.replicas", "1"), 1, 2, 3);
    awaitIsr("paused", 3);
    MillraceProcess still = cluster.node(3);
    try (var producer = clients.producer(Map.of("acks", "1"))) {
      // It knows the leader then, and does not ask the node that is about to stand still.
      send(producer, 0, 10);
      awaitLagAt(cluster.node(2), 0);
      Signals.send("STOP", still.pid());
      send(producer, 10, 15);
      awaitLagAt(cluster.node(1), 5);
      awaitLagAt(cluster.node(2), 5);
    } finally {
      Signals.send("CONT", still.pid());
    }

    awaitIsr("paused", 3);
    awaitLagAt(cluster.node(2), 0);
  }

  private static void send(KafkaProducer<byte[], byte[]> producer, int from, int toExclusive)
      throws Exception {
    for (ProducerRecord<byte[], byte[]> record : Numbers.records("paused", 1, from, toExclusive)) {
      Clients.await(producer.send(record));
    }
  }

  private void awaitLagAt(MillraceProcess node, int records) {
    String[] seen = new String[1];
    Await.until(
        () -> "node " + node.nodeId() + " tells of the lag: " + seen[0],
        TestCluster.PATIENCE,
        () -> {
          JsonObject topic = new JsonObject(get(node, "/api/v1/topics/paused"));
          JsonObject replica =
              topic
                  .getJsonArray("partitions")
                  .getJsonObject(0)
                  .getJsonArray("replicaStates")
                  .getJsonObject(2);
          seen[0] = replica.encode();
          Integer lag = replica.getInteger("lagRecords");
          Double seconds = replica.getDouble("lagSeconds");
          return lag != null && lag == records && (records == 0 ? seconds == 0 : seconds > 0);
        });
  }

  @Test
  void shouldElectPreferredLeadersByKafkasTool() throws Exception {
    create("elected", Map.of(), 3, 1, 2);
    awaitIsr("elected", 3);
    cluster.node(3).kill();
    awaitIsr("elected", 2);
    cluster.node(3).startAndAwaitReady();
    awaitIsr("elected", 3);

    Tool.Result result = elect("preferred", "elected");

    assertThat(result.out()).contains("Successfully completed leader election (PREFERRED)");
    awaitLeader("elected", 3);
    assertThat(elect("unclean", "elected").out()).contains("Valid replica already elected");
  }

  @Test
  void shouldElectALeaderFromOutsideTheIsrByKafkasToolOnly() throws Exception {
    create("lacks-leader", Map.of(), 2, 3);
    awaitIsr("lacks-leader", 2);
    cluster.node(3).kill();
    awaitIsr("lacks-leader", 1);
    Numbers.produce(clients, "lacks-leader", 1, 0, 10);
    cluster.node(2).kill();
    cluster.node(3).startAndAwaitReady();
    Await.until(
        "nobody leads",
        TestCluster.PATIENCE,
        () -> described("--unavailable-partitions").equals(List.of("lacks-leader")));

    Tool.Result result = elect("unclean", "lacks-leader");

    assertThat(result.out()).contains("Successfully completed leader election (UNCLEAN)");
    awaitLeader("lacks-leader", 3);
    assertThat(clients.endOffset("lacks-leader", 0)).isZero();
  }

  /** Asks a node that no test kills. */
  private Tool.Result elect(String type, String topic) {
    return Tool.run(
            ELECTIONS,
            "--bootstrap-server",
            cluster.node(1).bootstrap(),
            "--election-type",
            type,
            "--topic",
            topic,
            "--partition",
            "0")
        .succeeded();
  }

  @Test
  void shouldBeFoundTheSameOnAllNodesByKafkasTool() throws Exception {
    create("verified", Map.of(), 1, 2, 3);
    awaitIsr("verified", 3);
    Numbers.produce(clients, "verified", 1, 0, 100);
    List<String> command =
        List.of(
            MillraceProcess.java(),
            "-cp",
            System.getProperty("java.class.path"),
            VERIFICATION,
            "--broker-list",
            cluster.bootstrap(),
            "--topics-include",
            "verified",
            "--report-interval-ms",
            "500");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      ProcessOutput output = new ProcessOutput(process, null);
      Pattern same =
          Pattern.compile("max lag is 0 for partition verified-0 at offset 100 among 1 partitions");
      Await.until(
          () -> "the replicas are found the same:\n" + output.tail(20),
          TestCluster.PATIENCE,
          () -> output.find(same).isPresent());
      assertThat(output.lines()).noneMatch(line -> line.contains("has different"));
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void shouldServeAConsumerFromItsRackAndFromTheLeaderWhenThatIsGone() throws Exception {
    create("nearby", Map.of(), 1, 2, 3);
    awaitIsr("nearby", 3);
    Numbers.produce(clients, "nearby", 1, 0, 50);
    TopicPartition partition = new TopicPartition("nearby", 0);
    Map<String, Object> config =
        Map.of(
            "client.rack", rack(2), "auto.offset.reset", "earliest", "request.timeout.ms", 5_000);
    try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(config)) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      List<Long> offsets = new ArrayList<>();

      readUntil(consumer, offsets, 50);
      Await.until(
          "the consumer reads from the replica in its rack",
          TestCluster.PATIENCE,
          () -> {
            consumer.poll(Duration.ofMillis(50));
            return preferredReplica(consumer) == 2;
          });
      Numbers.produce(clients, "nearby", 1, 50, 100);
      readUntil(consumer, offsets, 100);
      cluster.node(2).kill();
      Numbers.produce(clients, "nearby", 1, 100, 150);
      readUntil(consumer, offsets, 150);

      assertThat(offsets).isSorted().doesNotHaveDuplicates();
    }
    cluster.node(2).startAndAwaitReady();
    awaitIsr("nearby", 3);
  }

  private static void readUntil(
      KafkaConsumer<byte[], byte[]> consumer, List<Long> offsets, int count) {
    Await.until(
        () -> count + " records are read: " + offsets.size(),
        TestCluster.PATIENCE,
        () -> {
          consumer.poll(Duration.ofMillis(100)).forEach(record -> offsets.add(record.offset()));
          return offsets.size() >= count;
        });
  }

  /** As the consumer says itself; -1 = it reads from the leader. */
  private static int preferredReplica(KafkaConsumer<byte[], byte[]> consumer) {
    return consumer.metrics().entrySet().stream()
        .filter(metric -> metric.getKey().name().equals("preferred-read-replica"))
        .map(Map.Entry::getValue)
        .map(Metric::metricValue)
        .mapToInt(value -> ((Number) value).intValue())
        .findFirst()
        .orElse(-1);
  }
}
