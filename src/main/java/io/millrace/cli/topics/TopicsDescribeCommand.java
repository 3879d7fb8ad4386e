package io.millrace.cli.topics;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.PartitionOffsets;
import io.millrace.cli.TextTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code topics describe}. */
@Command(
    name = "describe",
    description = "Show partitions, leaders, offsets and settings of topics.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace topics describe orders",
      "  millrace topics describe orders --all-configs",
      "  millrace topics describe --output json | jq '.[].partitions[]'"
    })
public final class TopicsDescribeCommand extends AdminCommand {
  @Parameters(arity = "0..*", paramLabel = "TOPIC", description = "Default: all but internal ones.")
  List<String> topics = List.of();

  @Option(names = "--all-configs", description = "Settings that nobody has set, too.")
  boolean allConfigs;

  @Mixin OutputOptions output;

  public TopicsDescribeCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    var names = new TreeSet<>(topics.isEmpty() ? admin.listTopics().names().get() : topics);
    var answers = admin.describeTopics(names).topicNameValues();
    var described = new TreeMap<String, TopicDescription>();
    List<CommandFailure> failures =
        tryEach(names, name -> described.put(name, answers.get(name).get()));
    if (described.isEmpty()) {
      CommandFailure.throwFirst(failures);
    }
    Map<String, List<ConfigEntry>> configs = configs(admin, described.keySet());
    List<TopicPartition> led = withLeader(described.values());
    PartitionOffsets.Bounds bounds = new PartitionOffsets(admin).answeringBounds(led);
    Map<TopicPartition, Long> starts = bounds.starts();
    Map<TopicPartition, Long> ends = bounds.ends();
    if (output.json()) {
      printJson(described.values(), t -> json(t, configs.get(t.name()), starts, ends));
    } else {
      described.values().forEach(t -> print(t, configs.get(t.name()), starts, ends));
    }
    long silent = led.stream().filter(partition -> !ends.containsKey(partition)).count();
    if (silent > 0) {
      context
          .terminal()
          .note(
              silent
                  + (silent == 1 ? " partition has" : " partitions have")
                  + " a leader that does not answer; its offsets are unknown.");
    }
    CommandFailure.throwFirst(failures);
  }

  private Map<String, List<ConfigEntry>> configs(Admin admin, Iterable<String> names)
      throws InterruptedException, ExecutionException {
    List<ConfigResource> resources = new ArrayList<>();
    names.forEach(n -> resources.add(new ConfigResource(ConfigResource.Type.TOPIC, n)));
    Map<String, List<ConfigEntry>> configs = new HashMap<>();
    for (var answer : admin.describeConfigs(resources).all().get().entrySet()) {
      configs.put(
          answer.getKey().name(),
          answer.getValue().entries().stream()
              .filter(
                  e -> allConfigs || e.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
              .sorted((a, b) -> a.name().compareTo(b.name()))
              .toList());
    }
    return configs;
  }

  private static List<TopicPartition> withLeader(Collection<TopicDescription> topics) {
    List<TopicPartition> led = new ArrayList<>();
    for (TopicDescription topic : topics) {
      for (TopicPartitionInfo partition : topic.partitions()) {
        if (hasLeader(partition)) {
          led.add(new TopicPartition(topic.name(), partition.partition()));
        }
      }
    }
    return led;
  }

  private void print(
      TopicDescription topic,
      List<ConfigEntry> configs,
      Map<TopicPartition, Long> starts,
      Map<TopicPartition, Long> ends) {
    var terminal = context.terminal();
    int factor = TopicsListCommand.replicationFactor(topic);
    terminal
        .out()
        .println(
            terminal.bold(topic.name())
                + "  id "
                + topic.topicId()
                + ", replication factor "
                + factor
                + (topic.isInternal() ? ", internal" : ""));
    for (ConfigEntry entry : configs) {
      terminal.out().println("  " + entry.name() + "=" + value(entry));
    }
    var table = new TextTable(terminal, "PARTITION", "LEADER", "REPLICAS", "ISR", "START", "END");
    for (TopicPartitionInfo partition : topic.partitions()) {
      var id = new TopicPartition(topic.name(), partition.partition());
      table.row(
          partition.partition(),
          hasLeader(partition) ? partition.leader().id() : "none",
          ids(partition.replicas()),
          ids(partition.isr()),
          starts.containsKey(id) ? starts.get(id) : "-",
          ends.containsKey(id) ? ends.get(id) : "-");
    }
    table.print("  ");
  }

  private static Map<String, Object> json(
      TopicDescription topic,
      List<ConfigEntry> configs,
      Map<TopicPartition, Long> starts,
      Map<TopicPartition, Long> ends) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", topic.name());
    json.put("id", topic.topicId().toString());
    json.put("internal", topic.isInternal());
    Map<String, Object> settings = new LinkedHashMap<>();
    configs.forEach(
        e -> settings.put(e.name(), Map.of("value", value(e), "source", e.source().name())));
    json.put("configs", settings);
    List<Object> partitions = new ArrayList<>();
    for (TopicPartitionInfo partition : topic.partitions()) {
      var id = new TopicPartition(topic.name(), partition.partition());
      Map<String, Object> each = new LinkedHashMap<>();
      each.put("partition", partition.partition());
      each.put("leader", hasLeader(partition) ? partition.leader().id() : null);
      each.put("replicas", partition.replicas().stream().map(Node::id).toList());
      each.put("isr", partition.isr().stream().map(Node::id).toList());
      each.put("startOffset", starts.get(id));
      each.put("endOffset", ends.get(id));
      partitions.add(each);
    }
    json.put("partitions", partitions);
    return json;
  }

  private static boolean hasLeader(TopicPartitionInfo partition) {
    return partition.leader() != null && !partition.leader().isEmpty();
  }

  private static String value(ConfigEntry entry) {
    return entry.value() == null ? "" : entry.value();
  }

  private static String ids(List<Node> nodes) {
    return nodes.stream().map(Node::idString).collect(Collectors.joining(","));
  }
}
