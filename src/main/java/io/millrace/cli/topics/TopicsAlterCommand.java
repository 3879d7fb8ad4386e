package io.millrace.cli.topics;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.common.config.ConfigResource;
import picocli.CommandLine.Command;
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

  @Option(
      names = {"-c", "--config"},
      paramLabel = "KEY=VALUE",
      description = "A setting to set; repeatable.")
  Map<String, String> configs = new LinkedHashMap<>();

  @Option(
      names = "--delete-config",
      paramLabel = "KEY",
      split = ",",
      description = "A setting to put back to its default; repeatable.")
  List<String> deletions = new ArrayList<>();

  public TopicsAlterCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    if (partitions == null && configs.isEmpty() && deletions.isEmpty()) {
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
    List<AlterConfigOp> changes = new ArrayList<>();
    configs.forEach(
        (key, value) ->
            changes.add(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
    deletions.forEach(
        key ->
            changes.add(
                new AlterConfigOp(new ConfigEntry(key, null), AlterConfigOp.OpType.DELETE)));
    if (!changes.isEmpty()) {
      var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
      admin.incrementalAlterConfigs(Map.of(resource, changes)).all().get();
      configs.forEach((key, value) -> println(topic + ": " + key + "=" + value));
      deletions.forEach(key -> println(topic + ": " + key + " is the default again"));
    }
  }
}
