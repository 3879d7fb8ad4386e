package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Apache Kafka's own command line tools do what they do with Apache Kafka. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KafkaToolsIT {
  private static final String TOPICS = "org.apache.kafka.tools.TopicCommand";
  private static final String CONFIGS = "kafka.admin.ConfigCommand";
  private static final String OFFSETS = "org.apache.kafka.tools.GetOffsetShell";
  private static final String PRODUCER = "org.apache.kafka.tools.ConsoleProducer";
  private static final String CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer";

  private BrokerProcess broker;
  private Clients clients;
  private String bootstrap;

  @BeforeAll
  void start(@TempDir Path dir) {
    broker = BrokerProcess.start(dir);
    clients = new Clients(broker);
    bootstrap = broker.bootstrap();
  }

  @AfterAll
  void stop() {
    clients.close();
    broker.close();
  }

  private Tool.Result tool(String main, String... args) {
    List<String> all = new ArrayList<>(List.of("--bootstrap-server", bootstrap));
    all.addAll(List.of(args));
    return Tool.run(main, all.toArray(String[]::new));
  }

  private void produceRecords(String topic, int partition, int count) throws Exception {
    clients.produce(
        Map.of(),
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    new ProducerRecord<>(
                        topic,
                        partition,
                        1_000L + i,
                        JavaClientIT.bytes("k" + i),
                        JavaClientIT.bytes("v" + i)))
            .toList());
  }

  @Test
  void shouldCreateListDescribeAlterAndDeleteTopics() {
    tool(
            TOPICS,
            "--create",
            "--topic",
            "made",
            "--partitions",
            "2",
            "--replication-factor",
            "1",
            "--config",
            "retention.ms=12345")
        .succeeded();
    assertThat(tool(TOPICS, "--list").succeeded().lines()).contains("made");
    assertThat(tool(TOPICS, "--describe", "--topic", "made").succeeded().out())
        .contains("PartitionCount: 2", "ReplicationFactor: 1", "retention.ms=12345")
        .containsPattern("Partition: 1\\s+Leader: \\d+\\s+Replicas: \\d+\\s+Isr: \\d+");

    tool(TOPICS, "--alter", "--topic", "made", "--partitions", "5").succeeded();
    assertThat(tool(TOPICS, "--describe", "--topic", "made").succeeded().out())
        .contains("PartitionCount: 5");

    tool(TOPICS, "--delete", "--topic", "made").succeeded();
    assertThat(tool(TOPICS, "--list").succeeded().lines()).doesNotContain("made");
  }

  @Test
  void shouldRefuseTopicsThatCannotBe() throws Exception {
    clients.createTopic("taken", 1);

    assertThat(tool(TOPICS, "--create", "--topic", "taken").failed())
        .satisfies(r -> assertThat(r.out() + r.err()).contains("already exists"));
    tool(TOPICS, "--create", "--topic", "too-safe", "--replication-factor", "3").failed();
    tool(TOPICS, "--create", "--topic", "odd", "--config", "retention.ms=soon").failed();
    tool(TOPICS, "--create", "--topic", "bad/name").failed();
    tool(TOPICS, "--alter", "--topic", "taken", "--partitions", "1").failed();
    tool(TOPICS, "--delete", "--topic", "never-made").failed();
    tool(TOPICS, "--create", "--topic", "taken", "--if-not-exists").succeeded();
    assertThat(tool(TOPICS, "--list").succeeded().lines())
        .doesNotContain("too-safe", "odd", "bad/name");
  }

  @Test
  void shouldAlterAndDescribeConfigsOfTopics() throws Exception {
    clients.createTopic("tuned", 1, Map.of("segment.bytes", "1048576"));
    String[] of = {"--entity-type", "topics", "--entity-name", "tuned"};

    tool(CONFIGS, with(of, "--alter", "--add-config", "retention.ms=5000,cleanup.policy=[compact]"))
        .succeeded();
    assertThat(tool(CONFIGS, with(of, "--describe")).succeeded().out())
        .contains(
            "segment.bytes=1048576",
            "retention.ms=5000",
            "cleanup.policy=compact",
            "DYNAMIC_TOPIC_CONFIG");

    tool(CONFIGS, with(of, "--alter", "--delete-config", "retention.ms")).succeeded();
    assertThat(tool(CONFIGS, with(of, "--describe")).succeeded().out())
        .doesNotContain("retention.ms=5000");
    assertThat(tool(CONFIGS, with(of, "--describe", "--all")).succeeded().out())
        .contains("retention.ms=604800000", "max.message.bytes=1048588", "DEFAULT_CONFIG");
    tool(CONFIGS, with(of, "--alter", "--add-config", "retention.ms=often")).failed();
  }

  @Test
  void shouldAlterAndDescribeConfigsOfTheNode() throws Exception {
    int id =
        Clients.await(
                clients.admin().describeCluster().nodes().toCompletionStage().toCompletableFuture())
            .iterator()
            .next()
            .id();
    String[] of = {"--entity-type", "brokers", "--entity-name", Integer.toString(id)};

    assertThat(tool(CONFIGS, with(of, "--describe", "--all")).succeeded().out())
        .contains("log.dirs=", "num.partitions=1", "message.max.bytes=1048588");

    tool(CONFIGS, with(of, "--alter", "--add-config", "log.retention.ms=77777")).succeeded();
    Await.until(
        "the new value shows",
        Clients.PATIENCE,
        () ->
            tool(CONFIGS, with(of, "--describe"))
                .succeeded()
                .out()
                .contains("log.retention.ms=77777"));
    tool(CONFIGS, with(of, "--alter", "--delete-config", "log.retention.ms")).succeeded();
  }

  @Test
  void shouldAlterTheDefaultOfAllBrokers() {
    String[] of = {"--entity-type", "brokers", "--entity-default"};

    tool(CONFIGS, with(of, "--alter", "--add-config", "log.cleaner.delete.retention.ms=4711"))
        .succeeded();
    Await.until(
        "the new value shows",
        Clients.PATIENCE,
        () ->
            tool(CONFIGS, with(of, "--describe"))
                .succeeded()
                .out()
                .contains("log.cleaner.delete.retention.ms=4711"));
    tool(CONFIGS, with(of, "--alter", "--delete-config", "log.cleaner.delete.retention.ms"))
        .succeeded();
    tool(CONFIGS, with(of, "--alter", "--add-config", "num.partitions=3")).failed();
  }

  @Test
  void shouldFindGroupsThatHaveConfigs() {
    String[] of = {"--entity-type", "groups", "--entity-name", "tuned-group"};

    tool(CONFIGS, with(of, "--alter", "--add-config", "consumer.session.timeout.ms=50000"))
        .succeeded();

    Await.until(
        "the group is listed",
        Clients.PATIENCE,
        () ->
            tool(CONFIGS, "--describe", "--entity-type", "groups")
                .succeeded()
                .out()
                .contains("consumer.session.timeout.ms=50000"));
  }

  @Test
  void shouldListOffsets() throws Exception {
    clients.createTopic("counted", 2);
    produceRecords("counted", 0, 10);
    produceRecords("counted", 1, 20);

    assertThat(tool(OFFSETS, "--topic", "counted").succeeded().lines())
        .containsExactly("counted:0:10", "counted:1:20");
    assertThat(tool(OFFSETS, "--topic", "counted", "--time", "earliest").succeeded().lines())
        .containsExactly("counted:0:0", "counted:1:0");
    assertThat(tool(OFFSETS, "--topic", "counted", "--time", "1005").succeeded().lines())
        .containsExactly("counted:0:5", "counted:1:5");
    assertThat(tool(OFFSETS, "--topic", "counted", "--time", "max-timestamp").succeeded().lines())
        .containsExactly("counted:0:9", "counted:1:19");
  }

  @Test
  void shouldDeleteRecords(@TempDir Path files) throws Exception {
    clients.createTopic("shortened", 1);
    produceRecords("shortened", 0, 10);
    Path json = files.resolve("offsets.json");
    Files.writeString(
        json,
        "{\"partitions\":[{\"topic\":\"shortened\",\"partition\":0,\"offset\":4}],\"version\":1}");

    assertThat(
            tool(
                    "org.apache.kafka.tools.DeleteRecordsCommand",
                    "--offset-json-file",
                    json.toString())
                .succeeded()
                .out())
        .contains("low_watermark: 4");

    assertThat(clients.consumeAll("shortened"))
        .extracting(JavaClientIT::text)
        .containsExactly("k4=v4", "k5=v5", "k6=v6", "k7=v7", "k8=v8", "k9=v9");
  }

  @Test
  void shouldDescribeLogDirs() throws Exception {
    clients.createTopic("placed", 2);
    produceRecords("placed", 1, 10);

    String out =
        tool("org.apache.kafka.tools.LogDirsCommand", "--describe", "--topic-list", "placed")
            .succeeded()
            .out();

    assertThat(out)
        .contains(broker.logDir().toString(), "\"partition\":\"placed-0\"", "\"error\":null")
        .containsPattern("\"partition\":\"placed-1\",\"size\":[1-9]\\d*")
        .contains("\"isFuture\":false");
  }

  @Test
  void shouldTellApiVersions() {
    List<String> lines =
        tool("org.apache.kafka.tools.BrokerApiVersionsCommand").succeeded().lines();

    assertThat(lines).anySatisfy(line -> assertThat(line).contains(bootstrap, "-> ("));
    assertThat(lines)
        .anySatisfy(line -> assertThat(line).containsPattern("Produce\\(0\\): 0 to 13 \\[usable"))
        .anySatisfy(line -> assertThat(line).containsPattern("Fetch\\(1\\): 4 to \\d+ \\[usable"));
  }

  @Test
  void shouldRunProducerPerformance() throws Exception {
    clients.createTopic("perf", 3);

    Tool.Result result =
        tool(
                "org.apache.kafka.tools.ProducerPerformance",
                "--topic",
                "perf",
                "--num-records",
                "50000",
                "--record-size",
                "100",
                "--throughput",
                "-1",
                "--command-property",
                "acks=all")
            .succeeded();

    assertThat(result.out()).containsPattern("50000 records sent, .* records/sec");
    assertThat(IntStream.range(0, 3).mapToLong(p -> clients.endOffset("perf", p)).sum())
        .isEqualTo(50_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
  void shouldExchangeRecordsThroughTheConsole(String compression) throws Exception {
    String topic = "console-" + compression;
    clients.createTopic(topic, 1);

    Tool.runWithInput(
            "a:first\nb:second\nc:drei äöü\n",
            PRODUCER,
            "--bootstrap-server",
            bootstrap,
            "--topic",
            topic,
            "--compression-codec",
            compression,
            "--reader-property",
            "parse.key=true",
            "--reader-property",
            "key.separator=:")
        .succeeded();

    assertThat(
            tool(
                    CONSUMER,
                    "--topic",
                    topic,
                    "--partition",
                    "0",
                    "--offset",
                    "earliest",
                    "--max-messages",
                    "3",
                    "--timeout-ms",
                    "20000",
                    "--formatter-property",
                    "print.key=true",
                    "--formatter-property",
                    "key.separator=:",
                    "--formatter-property",
                    "print.offset=true")
                .succeeded()
                .lines())
        .containsExactly("Offset:0:a:first", "Offset:1:b:second", "Offset:2:c:drei äöü");
  }

  @Test
  void shouldConsumeFromAnOffsetOnTheConsole() throws Exception {
    clients.createTopic("console-offset", 2);
    produceRecords("console-offset", 1, 10);

    assertThat(
            tool(
                    CONSUMER,
                    "--topic",
                    "console-offset",
                    "--partition",
                    "1",
                    "--offset",
                    "7",
                    "--max-messages",
                    "3",
                    "--timeout-ms",
                    "20000")
                .succeeded()
                .lines())
        .containsExactly("v7", "v8", "v9");
  }

  private static String[] with(String[] some, String... more) {
    List<String> all = new ArrayList<>(List.of(some));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }
}
