package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.server.NodeFixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands on a whole node with the topic {@code t} of two partitions, of which 0 has a record. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NodeCommandsTest {
  private NodeFixture node;
  private Admin admin;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    node =
        NodeFixture.start(
            Map.of(
                "log.dirs", directory.toString(),
                "offsets.topic.num.partitions", "4",
                "group.initial.rebalance.delay.ms", "0"));
    admin = Admin.create(Map.of("bootstrap.servers", address()));
    admin.createTopics(List.of(new NewTopic("t", 2, (short) 1))).all().get(60, TimeUnit.SECONDS);
    run(new CommandLineFixture().input("hello\n"), "produce", "t", "-p", "0");
  }

  @AfterAll
  void stop() throws Exception {
    admin.close();
    node.close();
  }

  private static void until(String what, Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("in time: " + what).isLessThan(end);
      LockSupport.parkNanos(50_000_000);
    }
  }

  private String address() {
    return node.bootstrap();
  }

  private CommandLineFixture.Result run(String... command) {
    return node.run(command);
  }

  private CommandLineFixture.Result run(CommandLineFixture commandLine, String... command) {
    return node.run(commandLine, command);
  }

  private ConsumerGroupDescription group(String id) throws Exception {
    return admin.describeConsumerGroups(List.of(id)).all().get(60, TimeUnit.SECONDS).get(id);
  }

  private Map<TopicPartition, OffsetAndMetadata> committed(String group) throws Exception {
    return admin
        .listConsumerGroupOffsets(group)
        .partitionsToOffsetAndMetadata()
        .get(60, TimeUnit.SECONDS);
  }

  private boolean benchTopicExists() throws Exception {
    return admin.listTopics().names().get(60, TimeUnit.SECONDS).stream()
        .anyMatch(name -> name.startsWith("millrace-bench-"));
  }

  @Test
  void shouldNameTheTopicThatIsMissing() {
    var described = run("topics", "describe", "nonex");
    var reset = run("groups", "reset", "new", "--topic", "nonex", "--to-earliest");

    assertThat(List.of(described, reset))
        .allSatisfy(
            result -> {
              assertThat(result.exit()).isEqualTo(ExitCode.NOT_FOUND);
              assertThat(result.out()).isEmpty();
              assertThat(result.err()).startsWith("millrace: nonex: UNKNOWN_TOPIC_OR_PARTITION");
            });
  }

  @Test
  void shouldDescribeTheTopicsBesideAMissingOne() {
    var result = run("topics", "describe", "nonex", "t");

    assertThat(result.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(result.out()).startsWith("t  id ");
    assertThat(result.err()).startsWith("millrace: nonex: ");
  }

  @Test
  void shouldShowWherePartitionsEndWithoutCommittedOffsets() {
    try (var consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers", address(), "group.id", "silent", "enable.auto.commit", false),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.subscribe(List.of("t"));
      while (!consumer.assignment().contains(new TopicPartition("t", 0))) {
        consumer.poll(Duration.ofMillis(50));
      }

      assertThat(run("groups", "describe", "silent").out()).containsPattern("t +0 +- +1 +- +- ");
    }
  }

  @Test
  void shouldLeaveTheGroupWhenASignalComes() throws Exception {
    var commandLine = new CommandLineFixture();
    var running =
        CompletableFuture.supplyAsync(
            () -> run(commandLine, "consume", "t", "-g", "left", "-F", "--from-beginning"));
    until("it has read", () -> committed("left").containsKey(new TopicPartition("t", 0)));

    commandLine.interruption().begin();

    assertThat(running.get(30, TimeUnit.SECONDS).err()).isEmpty();
    assertThat(running.join().lines()).containsExactly("hello");
    assertThat(group("left").members()).isEmpty();
  }

  @Test
  void shouldDeleteTheTopicOfABenchmarkThatASignalEnds() throws Exception {
    var commandLine = new CommandLineFixture();
    var running =
        CompletableFuture.supplyAsync(
            () -> run(commandLine, "bench", "produce", "--throughput", "100"));
    until("the topic is there", this::benchTopicExists);

    commandLine.interruption().begin();

    assertThat(running.get(30, TimeUnit.SECONDS).err()).isEmpty();
    until("it is gone", () -> !benchTopicExists());
  }
}
