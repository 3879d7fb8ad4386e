package io.millrace.cli.topics;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;
import picocli.CommandLine.Command;
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
public final class TopicsCreateCommand extends AdminCommand {
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

  @Option(
      names = {"--dry-run", "--validate-only"},
      description = "Only have it checked.")
  boolean validateOnly;

  /** The assignment by partition; null = the broker's choice. */
  private Map<Integer, List<Integer>> placement;

  public TopicsCreateCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    if (assignment != null && (partitions.isPresent() || replicationFactor.isPresent())) {
      throw usage("--replica-assignment already says the partitions and the replication factor");
    }
    placement = assignment == null ? null : parseAssignment();
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    List<NewTopic> wanted = new ArrayList<>();
    for (String topic : topics) {
      NewTopic newTopic =
          placement == null
              ? new NewTopic(topic, partitions, replicationFactor)
              : new NewTopic(topic, placement);
      wanted.add(newTopic.configs(configs));
    }
    var created =
        admin.createTopics(
            wanted,
            new CreateTopicsOptions().timeoutMs(broker.timeoutMs()).validateOnly(validateOnly));
    String verb = validateOnly ? "Would create " : "Created ";
    CommandFailure.throwFirst(
        tryEach(
            topics,
            topic -> {
              try {
                int count = created.numPartitions(topic).get();
                println(
                    verb + topic + " (" + count + (count == 1 ? " partition)" : " partitions)"));
              } catch (ExecutionException e) {
                if (!ifNotExists || !(e.getCause() instanceof TopicExistsException)) {
                  throw e;
                }
                println("Exists already: " + topic);
              }
            }));
  }

  private Map<Integer, List<Integer>> parseAssignment() {
    Map<Integer, List<Integer>> parsed = new HashMap<>();
    for (String replicas : assignment) {
      List<Integer> ids = new ArrayList<>();
      for (String id : replicas.split(":", -1)) {
        try {
          ids.add(Integer.valueOf(id.strip()));
        } catch (NumberFormatException e) {
          throw usage("--replica-assignment: '" + id + "' is no node id");
        }
      }
      parsed.put(parsed.size(), ids);
    }
    return parsed;
  }
}
