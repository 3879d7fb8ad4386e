package io.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.millrace.cli.CommandLineFixture;
import io.millrace.cli.ExitCode;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.LogDirNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Logs move between two directories of a real node while clients use them. */
@Timeout(120)
class LogDirMovesIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final TopicPartition PARTITION = new TopicPartition("numbers", 0);

  @TempDir Path dir;
  private BrokerProcess broker;
  private Clients clients;
  private int node;
  private Path first;
  private Path second;

  @BeforeEach
  void start() throws Exception {
    first = dir.resolve("data");
    second = dir.resolve("second");
    Files.createDirectories(second);
    broker =
        BrokerProcess.start(
            dir,
            Map.of(
                "log.dirs", first + "," + second,
                "log.segment.bytes", "1048576",
                "log.segment.delete.delay.ms", "1000"));
    clients = new Clients(broker);
    node = clients.admin().describeCluster().controller().get().id();
    clients.createTopic("numbers", 1);
    awaitReplica(PARTITION);
  }

  private void awaitReplica(TopicPartition partition) {
    Await.until(
        "there is a log of " + partition,
        PATIENCE,
        () -> dirs().values().stream().anyMatch(d -> d.replicaInfos().containsKey(partition)));
  }

  @AfterEach
  void stop() {
    clients.close();
    broker.close();
  }

  private Map<String, LogDirDescription> dirs() {
    try {
      return clients.admin().describeLogDirs(List.of(node)).allDescriptions().get().get(node);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Where the log is. */
  private Path place(TopicPartition partition) {
    return dirs().entrySet().stream()
        .filter(entry -> entry.getValue().replicaInfos().containsKey(partition))
        .filter(entry -> !entry.getValue().replicaInfos().get(partition).isFuture())
        .map(entry -> Path.of(entry.getKey()))
        .findFirst()
        .orElseThrow();
  }

  private boolean moves(TopicPartition partition) {
    return dirs().values().stream()
        .anyMatch(
            all ->
                all.replicaInfos().containsKey(partition)
                    && all.replicaInfos().get(partition).isFuture());
  }

  private Path other(Path place) {
    return place.equals(first) ? second : first;
  }

  private void move(TopicPartition partition, Path to) throws Exception {
    Clients.await(
        clients
            .admin()
            .alterReplicaLogDirs(
                Map.of(
                    new TopicPartitionReplica(partition.topic(), partition.partition(), node),
                    to.toString()))
            .all()
            .toCompletionStage()
            .toCompletableFuture());
  }

  private void awaitPlace(Path to) {
    Await.until(
        "the log is in " + to, PATIENCE, () -> !moves(PARTITION) && place(PARTITION).equals(to));
  }

  /** A producer that goes on until it is told to stop; what it was acknowledged. */
  private final class Load {
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final List<Integer> acknowledged = Collections.synchronizedList(new ArrayList<>());
    private final CompletableFuture<Void> done;

    Load(int bytes) {
      String filling = "x".repeat(bytes);
      done =
          CompletableFuture.runAsync(
              () -> {
                try (KafkaProducer<byte[], byte[]> producer =
                    clients.producer(Map.of("acks", "all", "delivery.timeout.ms", "60000"))) {
                  for (int i = 0; !stopped.get(); i++) {
                    int number = i;
                    var unused =
                        producer.send(
                            new ProducerRecord<>(
                                "numbers", 0, null, (number + " " + filling).getBytes(UTF_8)),
                            (metadata, failure) -> {
                              if (failure == null) {
                                acknowledged.add(number);
                              }
                            });
                    if (i % 20 == 0) {
                      producer.flush();
                    }
                  }
                }
              });
    }

    List<Integer> stop() {
      stopped.set(true);
      done.join();
      return acknowledged;
    }
  }

  private List<Integer> consumed() {
    return clients.consumeAll("numbers").stream()
        .map(record -> new String(record.value(), UTF_8))
        .map(value -> Integer.parseInt(value.substring(0, value.indexOf(' '))))
        .toList();
  }

  @Test
  void shouldMoveWhileItIsProducedTo() throws Exception {
    Load load = new Load(2_000);
    Await.until("there is something", PATIENCE, () -> load.acknowledged.size() > 2_000);
    for (int i = 0; i < 3; i++) {
      Path to = other(place(PARTITION));
      move(PARTITION, to);
      awaitPlace(to);
      int before = load.acknowledged.size();
      Await.until("it goes on", PATIENCE, () -> load.acknowledged.size() > before + 100);
    }
    List<Integer> acknowledged = load.stop();
    assertThat(consumed()).isEqualTo(acknowledged);
    Path old = other(place(PARTITION));
    Await.until("it is gone there", PATIENCE, () -> !has(old, "numbers-0"));
  }

  private static boolean has(Path directory, String start) {
    String[] found = directory.toFile().list((d, name) -> name.startsWith(start));
    return found != null && found.length > 0;
  }

  @Test
  void shouldGoOnAfterAKill() throws Exception {
    clients.configure(
        ConfigResource.Type.BROKER,
        Integer.toString(node),
        "replica.alter.log.dirs.io.max.bytes.per.second",
        "3000000");
    Load load = new Load(4_000);
    Await.until("there is something", PATIENCE, () -> load.acknowledged.size() > 3_000);
    Path to = other(place(PARTITION));
    move(PARTITION, to);
    assertThat(moves(PARTITION)).isTrue();
    broker.kill();
    broker.startAndAwaitReady();
    Await.until("it goes on", PATIENCE, () -> moves(PARTITION) || place(PARTITION).equals(to));
    clients.configure(
        ConfigResource.Type.BROKER,
        Integer.toString(node),
        "replica.alter.log.dirs.io.max.bytes.per.second",
        "300000000");
    awaitPlace(to);
    List<Integer> acknowledged = load.stop();
    assertThat(consumed()).isEqualTo(acknowledged);
  }

  @Test
  void shouldGiveUpAMoveThatGoesBack() throws Exception {
    clients.configure(
        ConfigResource.Type.BROKER,
        Integer.toString(node),
        "replica.alter.log.dirs.io.max.bytes.per.second",
        "300000");
    Load load = new Load(4_000);
    Await.until("there is something", PATIENCE, () -> load.acknowledged.size() > 2_000);
    List<Integer> acknowledged = load.stop();
    Path from = place(PARTITION);
    move(PARTITION, other(from));
    assertThat(moves(PARTITION)).isTrue();
    move(PARTITION, from);
    awaitPlace(from);
    assertThat(consumed()).isEqualTo(acknowledged);
  }

  @Test
  void shouldRefuseWhatKafkaRefuses() throws Exception {
    assertThatThrownBy(() -> move(PARTITION, dir.resolve("nowhere")))
        .isInstanceOf(LogDirNotFoundException.class);
    assertThatThrownBy(() -> move(new TopicPartition("numbers", 7), second))
        .isInstanceOf(UnknownTopicOrPartitionException.class);
    assertThatThrownBy(() -> move(new TopicPartition("unknown", 0), second))
        .isInstanceOf(UnknownTopicOrPartitionException.class);
    // Whatever else is wrong: with what a move adds to it the name is too long for a directory.
    assertThatThrownBy(() -> move(new TopicPartition("n".repeat(225), 0), dir.resolve("nowhere")))
        .isInstanceOf(InvalidTopicException.class);
  }

  @Test
  void shouldPutAReplicaWhereItWasAskedForBefore() throws Exception {
    for (Path wanted : List.of(second, first)) {
      String topic = "asked-" + wanted.getFileName();
      TopicPartition partition = new TopicPartition(topic, 0);
      assertThatThrownBy(() -> move(partition, wanted)).isInstanceOf(Exception.class);
      clients.createTopic(topic, 1);
      awaitReplica(partition);
      assertThat(place(partition)).isEqualTo(wanted);
    }
  }

  @Test
  void shouldPutNothingNewIntoACordonedDirectory() throws Exception {
    assumeThat(BrokerProcess.isMillrace()).isTrue();
    clients.configure(
        ConfigResource.Type.BROKER, Integer.toString(node), "cordoned.log.dirs", second.toString());
    Await.until("it is cordoned", PATIENCE, () -> dirs().get(second.toString()).isCordoned());
    assertThat(dirs().get(first.toString()).isCordoned()).isFalse();
    clients.admin().createTopics(List.of(new NewTopic("many", 10, (short) 1))).all().get();
    for (int i = 0; i < 10; i++) {
      TopicPartition partition = new TopicPartition("many", i);
      awaitReplica(partition);
      assertThat(place(partition)).isEqualTo(first);
    }
    assertThatThrownBy(() -> move(new TopicPartition("many", 0), second))
        .isInstanceOf(InvalidReplicaAssignmentException.class);
  }

  @Test
  void shouldObeyKafkasTools() throws Exception {
    Path to = other(place(PARTITION));
    Path plan =
        Files.writeString(
            dir.resolve("plan.json"),
            JsonObject.of(
                    "version",
                    1,
                    "partitions",
                    JsonArray.of(
                        JsonObject.of(
                            "topic",
                            "numbers",
                            "partition",
                            0,
                            "replicas",
                            List.of(node),
                            "log_dirs",
                            List.of(to.toString()))))
                .encode());
    String tool = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand";
    Tool.run(
            tool,
            "--bootstrap-server",
            clients.bootstrap(),
            "--reassignment-json-file",
            plan.toString(),
            "--replica-alter-log-dirs-throttle",
            "100000000",
            "--execute")
        .succeeded();
    awaitPlace(to);
    assertThat(
            Tool.run(
                    tool,
                    "--bootstrap-server",
                    clients.bootstrap(),
                    "--reassignment-json-file",
                    plan.toString(),
                    "--verify")
                .succeeded()
                .out())
        .contains("Reassignment of replica numbers-0-" + node + " completed successfully");
    assertThat(
            Tool.run(
                    "org.apache.kafka.tools.LogDirsCommand",
                    "--bootstrap-server",
                    clients.bootstrap(),
                    "--describe",
                    "--topic-list",
                    "numbers")
                .succeeded()
                .out())
        .contains(to.toString(), "\"partition\":\"numbers-0\"");
  }

  private CommandLineFixture.Result millrace(String... command) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of("-b", clients.bootstrap()));
    return new CommandLineFixture().run(all.toArray(String[]::new));
  }

  @Test
  void shouldDrainADirectoryByCommand() throws Exception {
    assumeThat(BrokerProcess.isMillrace()).isTrue();
    clients.createTopic("more", 6);
    for (int i = 0; i < 6; i++) {
      awaitReplica(new TopicPartition("more", i));
    }
    String id = Integer.toString(node);
    Load load = new Load(1_000);
    Await.until("there is something", PATIENCE, () -> load.acknowledged.size() > 500);
    Path drained = place(PARTITION);
    CommandLineFixture.Result done =
        millrace("disks", "drain", id, drained.toString(), "-o", "json");
    assertThat(done.exit()).as(done.err()).isZero();
    JsonObject outcome = new JsonObject(done.out());
    assertThat(outcome.getBoolean("complete")).isTrue();
    assertThat(outcome.getInteger("partitions")).isPositive();
    assertThat(dirs().get(drained.toString()).replicaInfos()).isEmpty();
    assertThat(consumedAfter(load)).isEqualTo(load.acknowledged);
    assertThat(millrace("disks", "list").lines())
        .anyMatch(line -> line.contains(drained.toString()) && line.contains("cordoned"))
        .anyMatch(line -> line.contains(other(drained).toString()) && line.contains("online"));
    JsonArray disks = new JsonArray(millrace("disks", "list", "-o", "json").out());
    assertThat(disks).hasSize(2);
    assertThat(millrace("disks", "uncordon", id, drained.toString()).exit()).isZero();
    assertThat(dirs().get(drained.toString()).isCordoned()).isFalse();
    CommandLineFixture.Result back =
        millrace("disks", "move", "numbers-0", "--broker", id, "--to", drained.toString());
    assertThat(back.exit()).as(back.err()).isZero();
    assertThat(place(PARTITION)).isEqualTo(drained);
    assertThat(millrace("disks", "cordon", id, "/nowhere").exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(new JsonObject(http("/api/v1/disks")).getJsonArray("disks")).hasSize(2);
    assertThat(http("/metrics"))
        .contains("log_dir_online", "log_moves_active", "log_moves_bytes_left");
  }

  private List<Integer> consumedAfter(Load load) {
    List<Integer> unused = load.stop();
    return consumed();
  }

  private String http(String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + ((MillraceProcess) broker).http().getPort() + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
