package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.CommandLineFixture;
import io.millrace.cli.ExitCode;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The lag of real groups on a whole node: over HTTP, in metrics and on the command line. */
@Timeout(180)
class GroupLagNodeTest {
  private static final TopicPartition T0 = new TopicPartition("t", 0);
  private static final TopicPartition T1 = new TopicPartition("t", 1);

  @RegisterExtension final LoopsNeverBlock loops = new LoopsNeverBlock();
  @TempDir Path directory;
  private final HttpClient http = HttpClient.newHttpClient();
  private final long now = System.currentTimeMillis();
  private NodeFixture node;

  /** Ten records in partition 0, a minute apart, the last an hour old; two in partition 1. */
  @BeforeEach
  void startNode() throws Exception {
    node =
        NodeFixture.start(
            Map.of(
                "http.port", "0",
                "log.dirs", directory.toString(),
                "offsets.topic.num.partitions", "4",
                "metrics.group.interval.ms", "100",
                "group.initial.rebalance.delay.ms", "0"));
    try (Admin admin = Admin.create(bootstrap())) {
      admin.createTopics(List.of(new NewTopic("t", 2, (short) 1))).all().get(60, TimeUnit.SECONDS);
    }
    Map<String, Object> batching = new HashMap<>(bootstrap());
    batching.put("linger.ms", 100);
    batching.put("compression.type", "lz4");
    try (var producer =
        new KafkaProducer<>(batching, new StringSerializer(), new StringSerializer())) {
      List<java.util.concurrent.Future<?>> sent = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        sent.add(producer.send(new ProducerRecord<>("t", 0, timeOf(i), null, "v" + i)));
      }
      for (int i = 0; i < 2; i++) {
        sent.add(producer.send(new ProducerRecord<>("t", 1, now, null, "w" + i)));
      }
      for (java.util.concurrent.Future<?> one : sent) {
        one.get(60, TimeUnit.SECONDS);
      }
    }
  }

  @AfterEach
  void stopNode() throws Exception {
    node.close();
  }

  private long timeOf(int offset) {
    return now - TimeUnit.HOURS.toMillis(1) - TimeUnit.MINUTES.toMillis(9 - offset);
  }

  private static void until(String what, Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("in time: " + what).isLessThan(end);
      LockSupport.parkNanos(50_000_000);
    }
  }

  private Map<String, Object> bootstrap() {
    return Map.of("bootstrap.servers", node.bootstrap());
  }

  private void commit(String group, Map<TopicPartition, OffsetAndMetadata> offsets) {
    Map<String, Object> config = new HashMap<>(bootstrap());
    config.put("group.id", group);
    try (var consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(offsets.keySet());
      consumer.commitSync(offsets);
    }
  }

  private HttpResponse<String> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.node().httpPort() + path))
            .timeout(Duration.ofSeconds(20))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private JsonObject json(String path) throws Exception {
    HttpResponse<String> response = get(path);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return new JsonObject(response.body());
  }

  private CommandLineFixture.Result run(String... command) {
    return node.run(command);
  }

  @Test
  void shouldHaveNoGroupsBeforeAnybodyCommits() throws Exception {
    assertThat(json("/api/v1/groups").getJsonArray("groups")).isEqualTo(new JsonArray());
    assertThat(get("/api/v1/groups/g").statusCode()).isEqualTo(404);
  }

  @Test
  void shouldTellLagInRecordsAndSeconds() throws Exception {
    commit("g", Map.of(T0, new OffsetAndMetadata(4), T1, new OffsetAndMetadata(2)));

    JsonArray offsets = json("/api/v1/groups/g").getJsonArray("offsets");
    JsonObject behind = offsets.getJsonObject(0).getJsonObject("lag");
    JsonObject current = offsets.getJsonObject(1).getJsonObject("lag");

    assertThat(behind.getLong("records")).isEqualTo(6);
    assertThat(behind.getDouble("seconds"))
        .isBetween((now - timeOf(4)) / 1e3, (System.currentTimeMillis() - timeOf(4)) / 1e3);
    assertThat(current).isEqualTo(new JsonObject().put("records", 0).put("seconds", 0.0));
    assertThat(get("/api/v1/groups/other").statusCode()).isEqualTo(404);
  }

  @Test
  void shouldListGroupsOfAllShardsInOrder() throws Exception {
    for (String group : List.of("d", "a", "c", "b")) {
      commit(group, Map.of(T0, new OffsetAndMetadata(8)));
    }

    JsonObject page = json("/api/v1/groups?limit=3");

    assertThat(page.getJsonArray("groups").stream().map(g -> ((JsonObject) g).getString("groupId")))
        .containsExactly("a", "b", "c");
    assertThat(page.getString("next")).isEqualTo("c");
    assertThat(page.getJsonArray("groups").getJsonObject(0).getJsonObject("lag").getLong("records"))
        .isEqualTo(2);
    assertThat(json("/api/v1/groups?after=c").getJsonArray("groups")).hasSize(1);
  }

  @Test
  void shouldShowLagInMetrics() throws Exception {
    commit("g", Map.of(T0, new OffsetAndMetadata(4), T1, new OffsetAndMetadata(1)));

    until("metrics", () -> get("/metrics").body().contains("millrace_group_lag_records{"));

    assertThat(get("/metrics").body().lines())
        .contains("millrace_group_lag_records{group=\"g\",topic=\"t\"} 7")
        .contains("millrace_groups{type=\"classic\",state=\"Empty\"} 1")
        .anyMatch(
            line -> line.startsWith("millrace_group_lag_seconds{group=\"g\",topic=\"t\"} 39"));
  }

  @Test
  void shouldShowMembersAndWhyTheGroupRebalanced() throws Exception {
    Map<String, Object> config = new HashMap<>(bootstrap());
    config.put("group.id", "g");
    config.put("client.id", "app");
    Set<String> seen = ConcurrentHashMap.newKeySet();
    WorkingConsumer consumer = new WorkingConsumer("t", config, seen);
    try {
      until(
          "all is committed",
          () ->
              get("/api/v1/groups/g").statusCode() == 200
                  && json("/api/v1/groups/g").getJsonArray("offsets").size() == 2);

      JsonObject group = json("/api/v1/groups/g");

      assertThat(group.getString("state")).isEqualTo("Stable");
      assertThat(group.getJsonObject("lag").getLong("records")).isZero();
      JsonObject member = group.getJsonArray("members").getJsonObject(0);
      assertThat(member.getString("clientId")).isEqualTo("app");
      assertThat(member.getJsonArray("assignment").encode())
          .isEqualTo("[{\"topic\":\"t\",\"partitions\":[0,1]}]");
      JsonObject rebalance = group.getJsonArray("rebalances").getJsonObject(0);
      assertThat(rebalance.getLong("durationMs")).isNotNegative();
      assertThat(rebalance.getJsonArray("causes").getJsonObject(0).getString("kind"))
          .isEqualTo("JOINED");
      assertThat(get("/metrics").body()).contains("millrace_group_rebalances_total 1");
      assertThat(run("groups", "describe", "g").out())
          .contains("Stable, classic", "1 member, lag 0", "t:0,1");
      assertThat(run("groups", "reset", "g", "-t", "t", "--to-earliest", "--execute").err())
          .contains("has 1 member");
      assertThat(run("groups", "delete", "g").err()).contains("NON_EMPTY_GROUP");
    } finally {
      consumer.leave();
    }
  }

  @Test
  void shouldShowWhatMembersOfTheConsumerProtocolHaveAndAreToHave() throws Exception {
    Map<String, Object> config = new HashMap<>(bootstrap());
    config.put("group.id", "g");
    config.put("client.id", "app");
    config.put("group.protocol", "consumer");
    WorkingConsumer consumer = new WorkingConsumer("t", config, ConcurrentHashMap.newKeySet());
    try {
      until("it has its partitions", () -> consumer.owned().size() == 2);

      JsonObject group = json("/api/v1/groups/g");

      assertThat(group.getString("type")).isEqualTo("consumer");
      JsonObject member = group.getJsonArray("members").getJsonObject(0);
      assertThat(member.getInteger("epoch")).isEqualTo(group.getInteger("epoch"));
      assertThat(member.getJsonArray("assignment").encode())
          .isEqualTo("[{\"topic\":\"t\",\"partitions\":[0,1]}]");
      assertThat(member.getJsonArray("targetAssignment"))
          .isEqualTo(member.getJsonArray("assignment"));
      JsonObject rebalance = group.getJsonArray("rebalances").getJsonObject(0);
      assertThat(rebalance.getLong("durationMs")).isNotNegative();
      assertThat(rebalance.getJsonArray("causes").getJsonObject(0).getString("kind"))
          .isEqualTo("JOINED");
      assertThat(get("/metrics").body()).contains("millrace_group_rebalances_total 1");
      assertThat(run("groups", "describe", "g", "--members").out())
          .containsPattern("app .* t:0,1 +" + member.getInteger("epoch") + " +t:0,1")
          .doesNotContain("COMMITTED");
    } finally {
      consumer.leave();
    }
  }

  // ---- the command line

  @Test
  void shouldDescribeLagOnTheCommandLine() {
    commit("g", Map.of(T0, new OffsetAndMetadata(4), T1, new OffsetAndMetadata(2)));

    JsonObject group =
        new JsonArray(run("groups", "describe", "g", "-o", "json").out()).getJsonObject(0);

    JsonObject behind = group.getJsonArray("partitions").getJsonObject(0);
    assertThat(behind.getLong("lag")).isEqualTo(6);
    assertThat(behind.getDouble("behindSeconds")).isBetween(3_899.0, 4_200.0);
    assertThat(group.getLong("lag")).isEqualTo(6);
    assertThat(group.getJsonArray("partitions").getJsonObject(1).getDouble("behindSeconds"))
        .isZero();
  }

  @Test
  void shouldListGroupsOnTheCommandLine() {
    commit("b", Map.of(T0, new OffsetAndMetadata(4)));
    commit("a", Map.of(T0, new OffsetAndMetadata(4)));

    assertThat(run("groups", "list").lines()).containsExactly("a", "b");
    assertThat(run("groups", "list", "--long").lines().get(1)).matches("a +Classic +- +Empty +0");
    assertThat(run("groups", "list", "--state", "stable").lines()).isEmpty();
    assertThat(run("groups", "list", "--state", "sleepy").exit()).isEqualTo(ExitCode.USAGE);
  }

  private Map<TopicPartition, OffsetAndMetadata> committed(String group) throws Exception {
    try (Admin admin = Admin.create(bootstrap())) {
      return admin
          .listConsumerGroupOffsets(group)
          .partitionsToOffsetAndMetadata()
          .get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void shouldOnlyShowWhatAResetWouldDo() throws Exception {
    commit("g", Map.of(T0, new OffsetAndMetadata(4)));

    var result = run("groups", "reset", "g", "--all-topics", "--shift", "-3");

    assertThat(result.exit()).isEqualTo(ExitCode.OK);
    assertThat(result.lines().get(1)).matches("t +0 +4 +1");
    assertThat(result.err()).contains("--execute");
    assertThat(committed("g").get(T0).offset()).isEqualTo(4);
  }

  @Test
  void shouldResetToATime() throws Exception {
    commit("g", Map.of(T0, new OffsetAndMetadata(4)));

    var result = run("groups", "reset", "g", "-t", "t", "--to-time", "" + timeOf(7), "--execute");

    assertThat(result.exit()).as(result.err()).isEqualTo(ExitCode.OK);
    assertThat(committed("g").get(T0).offset()).isEqualTo(7);
    assertThat(committed("g").get(T1).offset()).isZero();
  }

  @Test
  void shouldResetSomePartitionsOfAGroupThatIsNew() throws Exception {
    var result = run("groups", "reset", "new", "-t", "t:1", "--to-latest", "--execute");

    assertThat(result.exit()).as(result.err()).isEqualTo(ExitCode.OK);
    assertThat(committed("new")).isEqualTo(Map.of(T1, new OffsetAndMetadata(2)));
  }

  @Test
  void shouldRefuseAResetThatMakesNoSense() {
    assertThat(run("groups", "reset", "g", "-t", "t").exit()).isEqualTo(ExitCode.USAGE);
    assertThat(run("groups", "reset", "g", "--to-latest").exit()).isEqualTo(ExitCode.USAGE);
    assertThat(run("groups", "reset", "g", "-t", "t", "--to-latest", "--to-earliest").exit())
        .isEqualTo(ExitCode.USAGE);
    assertThat(run("groups", "reset", "g", "-t", "t", "--to-time", "soon").exit())
        .isEqualTo(ExitCode.USAGE);
    assertThat(run("groups", "reset", "g", "-t", "t:9", "--to-latest").exit())
        .isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("groups", "reset", "g", "-t", "nope", "--to-latest").exit())
        .isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("groups", "reset", "g", "--all-topics", "--to-latest").exit())
        .isEqualTo(ExitCode.NOT_FOUND);
  }

  @Test
  void shouldDeleteOffsetsAndGroups() throws Exception {
    commit("g", Map.of(T0, new OffsetAndMetadata(4), T1, new OffsetAndMetadata(2)));

    assertThat(run("groups", "delete-offsets", "g", "-t", "t:1").lines())
        .containsExactly("Deleted the offset of g for t:1");
    assertThat(committed("g")).containsOnlyKeys(T0);
    assertThat(run("groups", "delete", "g").lines()).containsExactly("Deleted g");
    assertThat(run("groups", "delete", "g").exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("groups", "delete", "g", "--if-exists").exit()).isEqualTo(ExitCode.OK);
    assertThat(run("groups", "describe", "g").exit()).isEqualTo(ExitCode.NOT_FOUND);
  }

  @Test
  void shouldGoOnWhereAMemberOfAGroupEnded() {
    var first = run("consume", "t", "--group", "cli", "-n", "5");
    var second = run("consume", "t", "--group", "cli");

    assertThat(first.lines()).hasSize(5);
    assertThat(second.lines()).hasSize(7).doesNotContainAnyElementsOf(first.lines());
  }
}
