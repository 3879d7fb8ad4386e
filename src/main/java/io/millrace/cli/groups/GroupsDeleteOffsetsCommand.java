package io.millrace.cli.groups;

import io.millrace.cli.BrokerOptions;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Failures;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code groups delete-offsets}. */
@Command(
    name = "delete-offsets",
    description = "Delete what a group has committed for topics that none of its members reads.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace groups delete-offsets billing --topic orders",
      "  millrace groups delete-offsets billing --topic orders:0,2"
    })
public final class GroupsDeleteOffsetsCommand implements Callable<Integer> {
  private final CliContext context;
  @CommandLine.Spec CommandLine.Model.CommandSpec spec;
  @Mixin BrokerOptions broker;

  @Parameters(paramLabel = "GROUP", description = "Id.")
  String group;

  @Option(
      names = {"-t", "--topic"},
      paramLabel = "TOPIC[:P,…]",
      required = true,
      description = "A topic, or some of its partitions; repeatable.")
  List<String> topics = new ArrayList<>();

  public GroupsDeleteOffsetsCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException, ExecutionException {
    TopicSelection selection;
    try {
      selection = TopicSelection.parse(topics);
    } catch (IllegalArgumentException e) {
      throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    broker.checkReachable();
    try (Admin admin = context.clients().admin(broker.settings(Map.of()))) {
      var partitions = new TreeSet<TopicPartition>(TopicSelection.IN_ORDER);
      for (TopicPartition partition : new GroupOffsets(admin).committed(group).keySet()) {
        if (selection.has(partition)) {
          partitions.add(partition);
        }
      }
      if (partitions.isEmpty()) {
        throw new CommandFailure(
            ExitCode.NOT_FOUND,
            "group " + group + " has committed nothing for " + String.join(", ", topics));
      }
      var answer = admin.deleteConsumerGroupOffsets(group, partitions);
      List<CommandFailure> failures = new ArrayList<>();
      for (TopicPartition partition : partitions) {
        try {
          answer.partitionResult(partition).get();
          context
              .terminal()
              .out()
              .println(
                  "Deleted the offset of "
                      + group
                      + " for "
                      + partition.topic()
                      + ":"
                      + partition.partition());
        } catch (ExecutionException e) {
          failures.add(Failures.about(partition.toString(), e));
        }
      }
      CommandFailure.throwFirst(failures);
    }
    return ExitCode.OK;
  }
}
