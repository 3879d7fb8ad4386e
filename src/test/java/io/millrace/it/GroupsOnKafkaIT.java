package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.CommandLineFixture;
import io.millrace.cli.ExitCode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace groups} needs nothing that only Millrace has: it works on Apache Kafka too. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GroupsOnKafkaIT {
  private BrokerProcess kafka;
  private Clients clients;

  @BeforeAll
  void start(@TempDir Path dir) {
    kafka = new KafkaProcess(dir, ConsumerGroupsIT.PROMPT);
    kafka.startAndAwaitReady();
    clients = new Clients(kafka);
  }

  @AfterAll
  void stop() {
    clients.close();
    kafka.close();
  }

  private CommandLineFixture.Result run(String... command) {
    List<String> args = new ArrayList<>(List.of("groups"));
    args.addAll(List.of(command));
    args.addAll(List.of("-b", clients.bootstrap()));
    return new CommandLineFixture().run(args.toArray(String[]::new));
  }

  private ConsumerGroup group(String id, String protocol) {
    return new ConsumerGroup(clients, id, Map.of("group.protocol", protocol));
  }

  @Test
  void shouldListDescribeResetAndDelete() throws Exception {
    clients.createTopic("t", 2);
    Numbers.produce(clients, "t", 2, 0, 20);
    try (ConsumerGroup classic = group("old", "classic");
        ConsumerGroup modern = group("new", "consumer")) {
      for (ConsumerGroup group : List.of(classic, modern)) {
        group.join("app", "t");
        group.awaitNumbers(20);
      }
      for (String group : List.of("old", "new")) {
        Await.until(
            "all is committed", Clients.PATIENCE, () -> clients.committedInAll(group) == 20);
      }

      assertThat(run("list").lines()).containsExactly("new", "old");
      assertThat(run("list", "--long").out())
          .containsPattern("new +Consumer +consumer +Stable +1")
          .containsPattern("old +Classic +consumer +Stable +1");
      assertThat(run("list", "--type", "consumer").lines()).containsExactly("new");
      assertThat(run("describe", "old", "new").out())
          .contains("Stable, classic", "Stable, consumer", "1 member, lag 0, behind 0.0 s")
          .contains("t:0,1");
      assertThat(run("describe", "new", "--members").out())
          .containsPattern("MEMBER .* PARTITIONS +EPOCH +TARGET")
          .containsPattern("t:0,1 +\\d+ +t:0,1");
      assertThat(run("describe", "old", "--members").out()).containsPattern("t:0,1 +- +-");
      assertThat(run("reset", "old", "-t", "t", "--to-earliest", "--execute").err())
          .contains("has 1 member");
      assertThat(run("delete", "new").err()).contains("NON_EMPTY_GROUP");
    }
    reset();
    assertThat(run("delete-offsets", "left", "-t", "t:1").exit()).isEqualTo(ExitCode.OK);
    assertThat(clients.committed("left")).containsOnlyKeys(new TopicPartition("t", 0));
    assertThat(run("delete", "left").lines()).containsExactly("Deleted left");
    assertThat(run("describe", "left").exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("delete", "left").exit()).isEqualTo(ExitCode.NOT_FOUND);
  }

  /** Of a group without members. */
  private void reset() {
    assertThat(run("reset", "left", "-t", "t", "--to-latest", "--execute").exit())
        .isEqualTo(ExitCode.OK);
    assertThat(run("reset", "left", "--all-topics", "--shift", "-4").out())
        .containsPattern("t +0 +10 +6");
    assertThat(clients.committedInAll("left")).isEqualTo(20);
    assertThat(run("reset", "left", "--all-topics", "--shift", "-4", "--execute").exit())
        .isEqualTo(ExitCode.OK);
    assertThat(clients.committed("left"))
        .containsEntry(new TopicPartition("t", 0), new OffsetAndMetadata(6));
    // The age of the oldest unread record comes from the record itself, on any broker.
    assertThat(run("describe", "left").out()).containsPattern("lag 8, behind \\d+\\.\\d s");
  }
}
