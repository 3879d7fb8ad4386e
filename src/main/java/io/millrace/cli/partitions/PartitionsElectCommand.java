package io.millrace.cli.partitions;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.Failures;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.PartitionName;
import io.millrace.cli.TextTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code partitions elect}. */
@Command(
    name = "elect",
    description = {
      "Have leaders elected: the preferred ones, which are the first of the replicas.",
      "With --unclean any replica that is there leads a partition without leader, also one that"
          + " lacks records: they are lost then."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace partitions elect --all",
      "  millrace partitions elect orders-0 orders-1",
      "  millrace partitions elect orders-0 --unclean"
    })
public final class PartitionsElectCommand extends AdminCommand {
  private static final String DONE = "elected";
  private static final String NOT_NEEDED = "not needed";

  @Parameters(
      arity = "0..*",
      paramLabel = "TOPIC-PARTITION",
      description = "The partitions, such as orders-0.")
  List<String> names = new ArrayList<>();

  @Option(names = "--all", description = "All partitions of all topics.")
  boolean all;

  @Option(names = "--unclean", description = "Let replicas lead that lack records.")
  boolean unclean;

  @Mixin OutputOptions output;

  public PartitionsElectCommand(CliContext context) {
    super(context);
  }

  private Set<TopicPartition> partitions() {
    Set<TopicPartition> partitions = new LinkedHashSet<>();
    for (String name : names) {
      try {
        partitions.add(PartitionName.parse(name));
      } catch (IllegalArgumentException e) {
        throw usage(e);
      }
    }
    return partitions;
  }

  @Override
  protected void check() {
    if (all != partitions().isEmpty()) {
      throw usage("give partitions, or --all");
    }
    if (all && unclean) {
      throw usage("--unclean is for single partitions, since it loses records");
    }
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    Map<TopicPartition, Optional<Throwable>> answers =
        new TreeMap<>(
            Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
    answers.putAll(
        admin
            .electLeaders(
                unclean ? ElectionType.UNCLEAN : ElectionType.PREFERRED, all ? null : partitions())
            .partitions()
            .get());
    Map<TopicPartition, String> results = new LinkedHashMap<>();
    List<CommandFailure> failures = new ArrayList<>();
    answers.forEach(
        (partition, failure) -> {
          if (failure.isEmpty()) {
            results.put(partition, DONE);
          } else if (failure.get() instanceof ElectionNotNeededException) {
            results.put(partition, NOT_NEEDED);
          } else {
            CommandFailure told = Failures.about(partition.toString(), failure.get());
            results.put(partition, told.getMessage());
            failures.add(told);
          }
        });
    report(results);
    CommandFailure.throwFirst(failures);
  }

  private void report(Map<TopicPartition, String> results) {
    if (output.json()) {
      printJson(results.entrySet(), PartitionsElectCommand::json);
      return;
    }
    if (results.isEmpty()) {
      context.terminal().note("Every partition has its preferred leader");
      return;
    }
    TextTable table = new TextTable(context.terminal(), "PARTITION", "RESULT");
    results.forEach(table::row);
    table.print("");
  }

  private static Map<String, ?> json(Map.Entry<TopicPartition, String> result) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("topic", result.getKey().topic());
    json.put("partition", result.getKey().partition());
    json.put("result", result.getValue());
    return json;
  }
}
