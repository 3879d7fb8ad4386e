package io.millrace.cli.partitions;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.PartitionName;
import io.millrace.cli.TextTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.PartitionReassignment;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code partitions move}. */
@Command(
    name = "move",
    description = {
      "Give partitions other brokers, also more or fewer of them.",
      "The new replicas copy the records first; only then the old ones leave."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace partitions move orders-0 --to 2,3,4",
      "  millrace partitions move orders-0 --to 2,3,4 --throttle 20000000",
      "  millrace partitions move --file plan.json   (as Kafka's tool reads it)",
      "  millrace partitions move orders-0 --cancel",
      "  millrace partitions move --cancel           (all that are under way)",
      "  millrace partitions move --list"
    })
public final class PartitionsMoveCommand extends AdminCommand {
  @Parameters(
      arity = "0..1",
      paramLabel = "TOPIC-PARTITION",
      description = "The partition, such as orders-0.")
  String name;

  @Option(
      names = "--to",
      paramLabel = "BROKER",
      split = ",",
      description = "The brokers that it is to have; the first is the preferred leader.")
  List<Integer> to = new ArrayList<>();

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "Many partitions, as JSON of kafka-reassign-partitions.sh.")
  Path file;

  @Option(names = "--cancel", description = "Take moves back that are under way.")
  boolean cancel;

  @Option(names = "--list", description = "Show what is under way, and do nothing.")
  boolean list;

  @Mixin WaitOptions wait;
  @Mixin ThrottleOption throttle;
  @Mixin OutputOptions output;

  public PartitionsMoveCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    long unused = wait.ms();
    throttle.check(wait);
    if (throttle.given() && (list || cancel)) {
      throw usage("--throttle goes with neither --list nor --cancel");
    }
    if (name != null && file != null) {
      throw usage("give a partition or --file, not both");
    }
    if (list && (cancel || !to.isEmpty())) {
      throw usage("--list goes with neither --to nor --cancel");
    }
    if (cancel && !to.isEmpty()) {
      throw usage("--cancel goes without --to");
    }
    if (!list && !cancel && file == null && (name == null || to.isEmpty())) {
      throw usage("nothing to move: give a partition and --to, or --file");
    }
    if (name != null) {
      TopicPartition unusedName = partition(name);
    }
  }

  private TopicPartition partition(String text) {
    try {
      return PartitionName.parse(text);
    } catch (IllegalArgumentException e) {
      throw usage(e);
    }
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    Moves moves = new Moves(admin, context.terminal(), throttle.with(admin, context.terminal()));
    if (list) {
      show(moves.underWay());
    } else if (cancel) {
      Collection<TopicPartition> partitions =
          name == null && file == null ? moves.underWay().keySet() : asked().keySet();
      Moves.Cancelled cancelled = moves.cancel(partitions);
      moves.liftLeftover();
      println("Cancelled " + cancelled.moves() + " move(s)");
      CommandFailure.throwFirst(cancelled.failures());
    } else {
      move(moves, asked());
    }
  }

  private Map<TopicPartition, List<Integer>> asked() {
    return file == null ? Map.of(partition(name), List.copyOf(to)) : Plan.read(file);
  }

  private void move(Moves moves, Map<TopicPartition, List<Integer>> plan)
      throws InterruptedException, ExecutionException {
    Map<TopicPartition, List<Integer>> remaining = moves.remaining(plan);
    CommandFailure.throwFirst(moves.move(remaining, wait.ms()));
    int there = plan.size() - remaining.size();
    println(
        (wait.waits() ? "Moved " : "Began to move ")
            + remaining.size()
            + " partition(s)"
            + (there == 0 ? "" : ", " + there + " had these replicas before"));
  }

  private void show(Map<TopicPartition, PartitionReassignment> underWay) {
    Set<TopicPartition> only = name == null && file == null ? underWay.keySet() : asked().keySet();
    List<TopicPartition> sorted =
        underWay.keySet().stream()
            .filter(only::contains)
            .sorted(
                Comparator.comparing(TopicPartition::topic)
                    .thenComparing(TopicPartition::partition))
            .toList();
    if (output.json()) {
      printJson(sorted, each -> json(each, underWay.get(each)));
      return;
    }
    if (sorted.isEmpty()) {
      context.terminal().note("No partition is being moved");
      return;
    }
    TextTable table =
        new TextTable(context.terminal(), "PARTITION", "REPLICAS", "ADDING", "REMOVING");
    for (TopicPartition each : sorted) {
      PartitionReassignment move = underWay.get(each);
      table.row(
          each, ids(move.replicas()), ids(move.addingReplicas()), ids(move.removingReplicas()));
    }
    table.print("");
  }

  private static String ids(List<Integer> brokers) {
    return brokers.isEmpty()
        ? "-"
        : String.join(",", brokers.stream().map(id -> Integer.toString(id)).toList());
  }

  private static Map<String, ?> json(TopicPartition partition, PartitionReassignment move) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("topic", partition.topic());
    json.put("partition", partition.partition());
    json.put("replicas", move.replicas());
    json.put("addingReplicas", move.addingReplicas());
    json.put("removingReplicas", move.removingReplicas());
    return json;
  }
}
