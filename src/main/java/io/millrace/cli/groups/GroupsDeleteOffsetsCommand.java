package io.millrace.cli.groups;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
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
public final class GroupsDeleteOffsetsCommand extends AdminCommand {
  @Parameters(paramLabel = "GROUP", description = "Id.")
  String group;

  @Option(
      names = {"-t", "--topic"},
      paramLabel = "TOPIC[:P,…]",
      required = true,
      description = "A topic, or some of its partitions; repeatable.")
  List<String> topics = new ArrayList<>();

  private TopicSelection selection;

  public GroupsDeleteOffsetsCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    try {
      selection = TopicSelection.parse(topics);
    } catch (IllegalArgumentException e) {
      throw usage(e);
    }
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
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
    CommandFailure.throwFirst(
        tryEach(
            partitions,
            partition -> {
              answer.partitionResult(partition).get();
              println(
                  "Deleted the offset of "
                      + group
                      + " for "
                      + partition.topic()
                      + ":"
                      + partition.partition());
            }));
  }
}
