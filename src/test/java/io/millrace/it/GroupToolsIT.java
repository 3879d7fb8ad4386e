package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Apache Kafka's own tools list, describe, reset and delete groups. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GroupToolsIT {
  private static final String GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
  private static final String CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer";
  private static final long NOON = Instant.parse("2026-03-01T12:00:00Z").toEpochMilli();

  private BrokerProcess broker;
  private Clients clients;

  @BeforeAll
  void start(@TempDir Path dir) {
    broker = BrokerProcess.start(dir, GroupsIT.PROMPT);
    clients = new Clients(broker);
  }

  @AfterAll
  void stop() {
    clients.close();
    broker.close();
  }

  private Tool.Result tool(String main, String... args) {
    List<String> all = new ArrayList<>(List.of("--bootstrap-server", broker.bootstrap()));
    all.addAll(List.of(args));
    return Tool.run(main, all.toArray(String[]::new));
  }

  private Tool.Result describe(String group, String... args) {
    List<String> all = new ArrayList<>(List.of("--describe", "--group", group));
    all.addAll(List.of(args));
    return tool(GROUPS, all.toArray(String[]::new)).succeeded();
  }

  /** The tool's table without its padding. */
  private static List<String> rows(Tool.Result result) {
    return result
        .out()
        .lines()
        .filter(line -> !line.isBlank())
        .map(line -> line.trim().replaceAll(" +", " "))
        .toList();
  }

  /** Ten records in each of two partitions, one for each second from noon on. */
  private void produceTenByTwo(String topic) throws Exception {
    clients.createTopic(topic, 2);
    clients.produce(
        Map.of(),
        IntStream.range(0, 20)
            .mapToObj(
                i ->
                    new ProducerRecord<byte[], byte[]>(
                        topic, i % 2, NOON + (i / 2) * 1_000L, null, JavaClientIT.bytes("" + i)))
            .toList());
  }

  private void commit(String group, String topic, long first, long second) {
    try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(Map.of("group.id", group))) {
      consumer.commitSync(
          Map.of(
              new TopicPartition(topic, 0), new OffsetAndMetadata(first),
              new TopicPartition(topic, 1), new OffsetAndMetadata(second)));
    }
  }

  @Test
  void shouldListGroupsByStateAndType() throws Exception {
    produceTenByTwo("listed");
    commit("listed-empty", "listed", 1, 1);
    try (ConsumerGroup group = new ConsumerGroup(clients, "listed-stable", Map.of())) {
      group.join("a", "listed");
      group.awaitBalanced(2);

      assertThat(tool(GROUPS, "--list").succeeded().lines())
          .contains("listed-empty", "listed-stable");
      assertThat(rows(tool(GROUPS, "--list", "--state", "--type").succeeded()))
          .contains(
              "GROUP TYPE STATE", "listed-empty Classic Empty", "listed-stable Classic Stable");
      assertThat(rows(tool(GROUPS, "--list", "--state", "stable").succeeded()))
          .contains("listed-stable Stable")
          .doesNotContain("listed-empty Empty");
      assertThat(rows(tool(GROUPS, "--list", "--type", "consumer").succeeded()))
          .doesNotContain("listed-stable Consumer", "listed-stable Classic");
      assertThat(
              rows(
                  tool("org.apache.kafka.tools.GroupsCommand", "--list", "--consumer").succeeded()))
          .contains("GROUP TYPE PROTOCOL", "listed-stable Classic consumer");
    }
  }

  @Test
  void shouldDescribeAGroupWithMembers() throws Exception {
    produceTenByTwo("described");
    try (ConsumerGroup group = new ConsumerGroup(clients, "described", Map.of())) {
      group.joinAs("fixed", "described");
      group.awaitNumbers(20);
      group.awaitBalanced(2);
      Await.until(
          "all is committed",
          Clients.PATIENCE,
          () -> describe("described").out().split("\\b10 +10 +0 ", -1).length == 3);

      assertThat(rows(describe("described", "--offsets")))
          .contains(
              "GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID HOST CLIENT-ID")
          .anySatisfy(
              row ->
                  assertThat(row)
                      .matches("described described 1 10 10 0 fixed-\\S+ /127.0.0.1 fixed"));
      assertThat(rows(describe("described", "--members", "--verbose")))
          .anySatisfy(
              row ->
                  assertThat(row)
                      .matches(
                          "described fixed-\\S+ fixed /127.0.0.1 fixed 2 .*(\\(0,1\\)|0,1).*"));
      assertThat(rows(describe("described", "--members")))
          .anySatisfy(
              row -> assertThat(row).matches("described fixed-\\S+ fixed /127.0.0.1 fixed 2"));
      assertThat(rows(describe("described", "--state")))
          .anySatisfy(
              row -> assertThat(row).matches("described 127.0.0.1:\\d+ \\(\\d+\\) range Stable 1"));
    }
  }

  @Test
  void shouldDescribeAGroupWithoutMembers() throws Exception {
    produceTenByTwo("left");
    commit("left", "left", 3, 10);

    assertThat(rows(describe("left")))
        .contains("left left 0 3 10 7 - - -", "left left 1 10 10 0 - - -");
    assertThat(rows(describe("left", "--state")))
        .anySatisfy(row -> assertThat(row).matches("left 127.0.0.1:\\d+ \\(\\d+\\) .*Empty 0"));
    assertThat(describe("left", "--members").err()).contains("no active members");
  }

  @Test
  void shouldResetOffsets() throws Exception {
    produceTenByTwo("reset");
    commit("reset", "reset", 4, 5);

    assertThat(reset("--to-earliest", "--dry-run")).containsExactlyInAnyOrder("0 0", "1 0");
    assertThat(rows(describe("reset"))).contains("reset reset 0 4 10 6 - - -");

    assertThat(reset("--to-offset", "3", "--execute")).containsExactlyInAnyOrder("0 3", "1 3");
    assertThat(rows(describe("reset"))).contains("reset reset 0 3 10 7 - - -");
    assertThat(reset("--shift-by", "2", "--execute")).containsExactlyInAnyOrder("0 5", "1 5");
    assertThat(reset("--shift-by", "-4", "--execute")).containsExactlyInAnyOrder("0 1", "1 1");
    assertThat(reset("--to-datetime", "2026-03-01T12:00:06.000", "--execute"))
        .containsExactlyInAnyOrder("0 6", "1 6");
    assertThat(reset("--to-latest", "--execute")).containsExactlyInAnyOrder("0 10", "1 10");
    assertThat(reset("--to-earliest", "--execute")).containsExactlyInAnyOrder("0 0", "1 0");
    assertThat(rows(describe("reset")))
        .contains("reset reset 0 0 10 10 - - -", "reset reset 1 0 10 10 - - -");
  }

  /** Returns partition and new offset of each row. */
  private List<String> reset(String... how) {
    List<String> all =
        new ArrayList<>(List.of("--reset-offsets", "--group", "reset", "--topic", "reset"));
    all.addAll(List.of(how));
    return rows(tool(GROUPS, all.toArray(String[]::new)).succeeded()).stream()
        .filter(row -> row.startsWith("reset reset "))
        .map(row -> row.substring("reset reset ".length()))
        .toList();
  }

  @Test
  void shouldRefuseToResetOrDeleteAGroupWithMembers() throws Exception {
    produceTenByTwo("active");
    try (ConsumerGroup group = new ConsumerGroup(clients, "active", Map.of())) {
      group.join("a", "active");
      group.awaitBalanced(2);

      Tool.Result reset =
          tool(
              GROUPS,
              "--reset-offsets",
              "--group",
              "active",
              "--all-topics",
              "--to-earliest",
              "--execute");
      assertThat(reset.out() + reset.err()).contains("inactive");
      Tool.Result delete = tool(GROUPS, "--delete", "--group", "active");
      assertThat(delete.out() + delete.err()).contains("GroupNotEmptyException");
      assertThat(tool(GROUPS, "--list").succeeded().lines()).contains("active");
      group.assertInOrder();
    }
  }

  @Test
  void shouldDeleteOffsetsAndGroups() throws Exception {
    produceTenByTwo("dropped");
    produceTenByTwo("retained");
    commit("deleted", "dropped", 4, 4);
    commit("deleted", "retained", 5, 5);

    tool(GROUPS, "--delete-offsets", "--group", "deleted", "--topic", "dropped:1").succeeded();
    assertThat(rows(describe("deleted")))
        .contains("deleted dropped 0 4 10 6 - - -", "deleted retained 1 5 10 5 - - -")
        .noneMatch(row -> row.startsWith("deleted dropped 1 "));
    tool(GROUPS, "--delete", "--group", "deleted").succeeded();
    assertThat(tool(GROUPS, "--list").succeeded().lines()).doesNotContain("deleted");
    Tool.Result again = tool(GROUPS, "--delete", "--group", "deleted");
    assertThat(again.out() + again.err()).contains("GroupIdNotFoundException");
  }

  @Test
  void shouldConsumeInAGroupOnTheConsole() throws Exception {
    produceTenByTwo("console");
    String[] consume = {
      "--topic", "console", "--group", "console", "--from-beginning", "--timeout-ms", "20000"
    };

    assertThat(tool(CONSUMER, with(consume, "--max-messages", "20")).succeeded().lines())
        .hasSize(20);
    Numbers.produce(clients, "console", 2, 20, 24);
    assertThat(tool(CONSUMER, with(consume, "--max-messages", "4")).succeeded().lines())
        .containsExactlyInAnyOrder("20", "21", "22", "23");
    assertThat(rows(describe("console")))
        .contains("console console 0 12 12 0 - - -", "console console 1 12 12 0 - - -");
  }

  @Test
  void shouldRunConsumerPerformanceInAGroup() throws Exception {
    clients.createTopic("measured", 3);
    Numbers.produce(clients, "measured", 3, 0, 30_000);

    List<String> lines =
        tool(
                "org.apache.kafka.tools.ConsumerPerformance",
                "--topic",
                "measured",
                "--group",
                "measured",
                "--num-records",
                "30000",
                "--timeout",
                "20000")
            .succeeded()
            .lines();

    assertThat(lines).anySatisfy(line -> assertThat(line).contains(", 30000, "));
    assertThat(rows(describe("measured"))).contains("measured measured 2 10000 10000 0 - - -");
  }

  @Test
  void shouldKeepRecordsThatKafkasFormattersRead() throws Exception {
    produceTenByTwo("formatted");
    try (ConsumerGroup group = new ConsumerGroup(clients, "formatted", Map.of())) {
      group.join("a", "formatted");
      group.awaitNumbers(20);
    }
    commit("formatted-simple", "formatted", 7, 8);

    awaitFormatted(
        "OffsetsMessageFormatter",
        "\"group\":\"formatted-simple\"",
        "\"topic\":\"formatted\"",
        "\"partition\":1",
        "\"offset\":8");
    awaitFormatted(
        "GroupMetadataMessageFormatter",
        "\"group\":\"formatted\"",
        "\"protocolType\":\"consumer\"",
        "\"protocol\":\"range\"",
        "\"clientId\":\"a\"");
  }

  /** A line with all of this; the tool gives up when it gets nothing for a while. */
  private void awaitFormatted(String formatter, String... parts) {
    Await.until(
        formatter + " shows " + List.of(parts),
        Clients.PATIENCE,
        () ->
            format(formatter).stream()
                .anyMatch(line -> List.of(parts).stream().allMatch(line::contains)));
  }

  private List<String> format(String formatter) {
    return tool(
            CONSUMER,
            "--topic",
            "__consumer_offsets",
            "--from-beginning",
            "--timeout-ms",
            "2000",
            "--formatter",
            "org.apache.kafka.tools.consumer." + formatter)
        .lines();
  }

  private static String[] with(String[] some, String... more) {
    List<String> all = new ArrayList<>(List.of(some));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }
}
