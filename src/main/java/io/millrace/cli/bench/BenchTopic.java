package io.millrace.cli.bench;

import io.millrace.cli.CliContext;
import io.millrace.cli.Failures;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import picocli.CommandLine.Option;

/**
 * The topic that is measured: the user's, or one made for the run and deleted after it.
 *
 * <p>Owner: the command's thread.
 */
final class BenchTopic {
  @Option(
      names = {"-t", "--topic"},
      paramLabel = "TOPIC",
      description = "Use and keep this topic; created if missing. Default: one for this run only.")
  String given;

  @Option(
      names = {"-p", "--partitions"},
      paramLabel = "N",
      defaultValue = "1",
      description = "Of a topic that is created. Default: ${DEFAULT-VALUE}.")
  int partitions = 1;

  @Option(
      names = {"-r", "--replication-factor"},
      paramLabel = "N",
      description = "Of a topic that is created. Default: the broker's.")
  Optional<Short> replicationFactor = Optional.empty();

  @Option(
      names = {"-c", "--config"},
      paramLabel = "KEY=VALUE",
      description = "Of a topic that is created; repeatable.")
  Map<String, String> configs = new LinkedHashMap<>();

  @Option(names = "--keep-topic", description = "Do not delete the topic made for this run.")
  boolean keep;

  private String name;

  /**
   * Whether there is something to delete: nobody waits twice for a controller that is not there.
   */
  private boolean made;

  /** Whether the user named a topic. */
  boolean isGiven() {
    return given != null;
  }

  String name() {
    return name;
  }

  /** Makes sure that there is a topic, and says what partitions it has. */
  List<TopicPartition> open(CliContext context, Map<String, Object> settings)
      throws InterruptedException, ExecutionException {
    name = given != null ? given : "millrace-bench-" + UUID.randomUUID().toString().substring(0, 8);
    try (Admin admin = context.clients().admin(settings)) {
      var topic = new NewTopic(name, Optional.of(partitions), replicationFactor).configs(configs);
      try {
        admin.createTopics(List.of(topic)).all().get();
        made = true;
      } catch (ExecutionException e) {
        if (given == null || !(e.getCause() instanceof TopicExistsException)) {
          throw Failures.about("topic " + name, e);
        }
      }
      TopicDescription described =
          admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
      return described.partitions().stream()
          .map(partition -> new TopicPartition(name, partition.partition()))
          .toList();
    }
  }

  /** Deletes the topic if it was made for this run; a failure is told, but changes no result. */
  void close(CliContext context, Map<String, Object> settings) throws InterruptedException {
    if (!made || given != null || keep) {
      return;
    }
    try (Admin admin = context.clients().admin(settings)) {
      admin.deleteTopics(List.of(name)).all().get();
    } catch (ExecutionException e) {
      context
          .terminal()
          .note("millrace: " + Failures.about("topic " + name + " is left over", e).getMessage());
    }
  }
}
