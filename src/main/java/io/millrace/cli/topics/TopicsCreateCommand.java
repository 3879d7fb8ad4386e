package io.millrace.cli.topics;

import io.millrace.cli.BrokerOptions;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.Failures;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code topics create}. */
@Command(
    name = "create",
    description = "Create topics.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace topics create orders --partitions 3",
      "  millrace topics create audit -c retention.ms=-1 -c flush.messages=1",
      "  millrace topics create orders --if-not-exists",
      "  millrace topics create placed --replica-assignment 1:2,2:3   (two partitions)"
    })
public final class TopicsCreateCommand implements Callable<Integer> {
  private final CliContext context;
  @CommandLine.Spec CommandLine.Model.CommandSpec spec;
  @Mixin BrokerOptions broker;

  @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "Names.")
  List<String> topics;

  @Option(
      names = {"-p", "--partitions"},
      paramLabel = "N",
      description = "Default: the broker's num.partitions.")
  Optional<Integer> partitions;

  @Option(
      names = {"-r", "--replication-factor"},
      paramLabel = "N",
      description = "Default: the broker's default.replication.factor.")
  Optional<Short> replicationFactor;

  @Option(
      names = "--replica-assignment",
      paramLabel = "ID:ID,…",
      split = ",",
      description = "Node ids for each partition, the preferred leader first.")
  List<String> assignment;

  @Option(
      names = {"-c", "--config"},
      paramLabel = "KEY=VALUE",
      description = "A topic setting; repeatable.")
  Map<String, String> configs = new LinkedHashMap<>();

  @Option(names = "--if-not-exists", description = "An existing topic is no failure.")
  boolean ifNotExists;

  @Option(names = "--validate-only", description = "Only ask the broker whether it would.")
  boolean validateOnly;

  public TopicsCreateCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException, ExecutionException {
    if (assignment != null && (partitions.isPresent() || replicationFactor.isPresent())) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "--replica-assignment already says the partitions and the replication factor");
    }
    List<NewTopic> wanted = new ArrayList<>();
    for (String topic : topics) {
      NewTopic newTopic =
          assignment == null
              ? new NewTopic(topic, partitions, replicationFactor)
              : new NewTopic(topic, parseAssignment());
      wanted.add(newTopic.configs(configs));
    }
    broker.checkReachable();
    try (Admin admin = context.clients().admin(broker.settings(Map.of()))) {
      var created =
          admin.createTopics(
              wanted,
              new CreateTopicsOptions().timeoutMs(broker.timeoutMs()).validateOnly(validateOnly));
      List<CommandFailure> failures = new ArrayList<>();
      for (String topic : topics) {
        try {
          int count = created.numPartitions(topic).get();
          String verb = validateOnly ? "Would create" : "Created";
          context
              .terminal()
              .out()
              .println(
                  verb
                      + " "
                      + topic
                      + " ("
                      + count
                      + (count == 1 ? " partition)" : " partitions)"));
        } catch (ExecutionException e) {
          if (ifNotExists && e.getCause() instanceof TopicExistsException) {
            context.terminal().out().println("Exists already: " + topic);
          } else {
            failures.add(Failures.about(topic, e));
          }
        }
      }
      CommandFailure.throwFirst(failures);
    }
    return 0;
  }

  private Map<Integer, List<Integer>> parseAssignment() {
    Map<Integer, List<Integer>> parsed = new HashMap<>();
    for (String replicas : assignment) {
      List<Integer> ids = new ArrayList<>();
      for (String id : replicas.split(":", -1)) {
        try {
          ids.add(Integer.valueOf(id.strip()));
        } catch (NumberFormatException e) {
          throw new CommandLine.ParameterException(
              spec.commandLine(), "--replica-assignment: '" + id + "' is no node id", e);
        }
      }
      parsed.put(parsed.size(), ids);
    }
    return parsed;
  }
}
