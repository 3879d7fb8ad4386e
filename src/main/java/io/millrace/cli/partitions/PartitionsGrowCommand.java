package io.millrace.cli.partitions;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.Json;
import io.millrace.cli.OutputOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreatePartitionsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code partitions grow}. */
@Command(
    name = "grow",
    description = {
      "Give a topic more partitions. It cannot get fewer again.",
      "Producers choose a partition by the key and the number of partitions: from then on most keys"
          + " go to another one, beside what they have in the old one."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace partitions grow orders --to 6",
      "  millrace partitions grow orders --to 6 --dry-run"
    })
public final class PartitionsGrowCommand extends AdminCommand {
  @Parameters(paramLabel = "TOPIC", description = "Name.")
  String topic;

  @Option(names = "--to", required = true, paramLabel = "N", description = "The new total.")
  int total;

  @Option(names = "--dry-run", description = "Only have it checked.")
  boolean dryRun;

  @Mixin OutputOptions output;

  public PartitionsGrowCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    if (total < 1) {
      throw usage("--to must be at least 1: " + total);
    }
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    int before =
        admin.describeTopics(List.of(topic)).topicNameValues().get(topic).get().partitions().size();
    admin
        .createPartitions(
            Map.of(topic, NewPartitions.increaseTo(total)),
            new CreatePartitionsOptions().validateOnly(dryRun))
        .all()
        .get();
    context
        .terminal()
        .note(
            "Note: with "
                + total
                + " partitions instead of "
                + before
                + " most keys go to another partition than before; the order of the records of a"
                + " key is kept within a partition only.");
    if (output.json()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("topic", topic);
      json.put("before", before);
      json.put("partitions", total);
      json.put("dryRun", dryRun);
      println(Json.pretty(json));
    } else {
      println(
          topic
              + (dryRun ? " could get " : " now has ")
              + total
              + " partitions"
              + (dryRun ? " (not done: --dry-run)" : ""));
    }
  }
}
