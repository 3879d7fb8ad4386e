package io.millrace.cli.topics;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.configs.Changes;
import io.millrace.cli.configs.SetOptions;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code topics alter}. */
@Command(
    name = "alter",
    description = "Change settings of a topic, or add partitions.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace topics alter orders --config retention.ms=3600000",
      "  millrace topics alter orders --delete-config retention.ms",
      "  millrace topics alter orders --partitions 6"
    })
public final class TopicsAlterCommand extends AdminCommand {
  @Parameters(paramLabel = "TOPIC", description = "Name.")
  String topic;

  @Option(
      names = {"-p", "--partitions"},
      paramLabel = "N",
      description = "New total; it can only grow, and records with keys then go elsewhere.")
  Integer partitions;

  @Mixin SetOptions sets;

  public TopicsAlterCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    if (partitions == null && sets.ops().isEmpty()) {
      throw usage("nothing to change: give --partitions, --config or --delete-config");
    }
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    if (partitions != null) {
      admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(partitions))).all().get();
      context
          .terminal()
          .note(
              "Note: most keys go to another partition than before; the order of the records of a"
                  + " key is kept within a partition only.");
      println(topic + " now has " + partitions + " partitions");
    }
    if (!sets.ops().isEmpty()) {
      Changes changes = Changes.ofTopic(topic, sets.ops());
      changes.apply(admin);
      changes.lines(topic).forEach(this::println);
    }
  }
}
