package io.millrace.cli.topics;

import io.millrace.cli.BrokerOptions;
import io.millrace.cli.CliContext;
import io.millrace.cli.Json;
import io.millrace.cli.OutputFormat;
import io.millrace.cli.TextTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
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
public final class TopicsListCommand implements Callable<Integer> {
  private final CliContext context;
  @Mixin BrokerOptions broker;

  @Option(names = "--internal", description = "Internal topics too.")
  boolean internal;

  @Option(
      names = {"-l", "--long"},
      description = "Id, partitions and replication factor too.")
  boolean details;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "text or json.")
  OutputFormat output = OutputFormat.TEXT;

  public TopicsListCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException, ExecutionException {
    broker.checkReachable();
    try (Admin admin = context.clients().admin(broker.settings(Map.of()))) {
      var names =
          new TreeSet<>(
              admin.listTopics(new ListTopicsOptions().listInternal(internal)).names().get());
      if (output == OutputFormat.TEXT && !details) {
        names.forEach(context.terminal().out()::println);
        return 0;
      }
      List<TopicDescription> topics = new ArrayList<>();
      var described = admin.describeTopics(names).allTopicNames().get();
      names.forEach(name -> topics.add(described.get(name)));
      if (output == OutputFormat.JSON) {
        context.terminal().out().println(Json.pretty(topics.stream().map(this::json).toList()));
      } else {
        var table = new TextTable(context.terminal(), "TOPIC", "PARTITIONS", "REPLICAS", "ID");
        topics.forEach(
            t -> table.row(t.name(), t.partitions().size(), replicationFactor(t), t.topicId()));
        table.print("");
      }
    }
    return 0;
  }

  private Map<String, Object> json(TopicDescription topic) {
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
