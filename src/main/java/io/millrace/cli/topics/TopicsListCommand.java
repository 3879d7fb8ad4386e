package io.millrace.cli.topics;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.TextTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code topics list}. */
@Command(
    name = "list",
    description = "List topics: a name on each line.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace topics list",
      "  millrace topics list --long",
      "  millrace topics list --internal --output json"
    })
public final class TopicsListCommand extends AdminCommand {
  @Option(names = "--internal", description = "Internal topics too.")
  boolean internal;

  @Option(
      names = {"-l", "--long"},
      description = "Id, partitions and replication factor too.")
  boolean details;

  @Mixin OutputOptions output;

  public TopicsListCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    var names =
        new TreeSet<>(
            admin.listTopics(new ListTopicsOptions().listInternal(internal)).names().get());
    if (!output.json() && !details) {
      names.forEach(this::println);
      return;
    }
    List<TopicDescription> topics = new ArrayList<>();
    var described = admin.describeTopics(names).allTopicNames().get();
    names.forEach(name -> topics.add(described.get(name)));
    if (output.json()) {
      printJson(topics, TopicsListCommand::json);
    } else {
      var table = new TextTable(context.terminal(), "TOPIC", "PARTITIONS", "REPLICAS", "ID");
      topics.forEach(
          t -> table.row(t.name(), t.partitions().size(), replicationFactor(t), t.topicId()));
      table.print("");
    }
  }

  private static Map<String, Object> json(TopicDescription topic) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", topic.name());
    json.put("id", topic.topicId().toString());
    json.put("internal", topic.isInternal());
    json.put("partitions", topic.partitions().size());
    json.put("replicationFactor", replicationFactor(topic));
    return json;
  }

  static int replicationFactor(TopicDescription topic) {
    return topic.partitions().stream().mapToInt(p -> p.replicas().size()).max().orElse(0);
  }
}
