package io.millrace.cli.disks;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Json;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.PartitionName;
import io.millrace.cli.partitions.WaitOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code disks move}. */
@Command(
    name = "move",
    description = {
      "Move replicas of a broker to another of its log directories, while they are used.",
      "To give a move up, move the replica to where it is."
    },
    footerHeading = "%nExamples:%n",
    footer = "  millrace disks move orders-0 orders-1 --broker 1 --to /data/c")
public final class DisksMoveCommand extends AdminCommand {
  @Parameters(arity = "1..*", paramLabel = "PARTITION", description = "Such as orders-0.")
  List<String> names;

  @Option(names = "--broker", required = true, paramLabel = "BROKER", description = "Its node id.")
  int nodeId;

  @Option(
      names = "--to",
      required = true,
      paramLabel = "DIR",
      description = "The log directory, as in millrace disks list.")
  String to;

  @Mixin WaitOptions wait;
  @Mixin OutputOptions output;

  private final Map<TopicPartition, String> plan = new LinkedHashMap<>();

  public DisksMoveCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    long unused = wait.ms();
    for (String name : names) {
      try {
        plan.put(PartitionName.parse(name), to);
      } catch (IllegalArgumentException e) {
        throw usage(e.getMessage());
      }
    }
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    BrokerDisks disks = new BrokerDisks(admin, nodeId);
    disks.check(List.of(to), disks.describe());
    CommandFailure.throwFirst(disks.move(plan));
    boolean complete = false;
    if (wait.waits()) {
      var left = LogDirWait.until(disks, plan.keySet(), context.terminal(), wait.ms());
      LogDirDescription there = disks.describe().get(to);
      complete = BrokerDisks.present(there).keySet().containsAll(plan.keySet());
      if (!complete && left.isEmpty()) {
        throw new CommandFailure(
            ExitCode.FAILED,
            "not all of them came to " + to + ": the broker's log says why it gave up");
      }
    }
    if (output.json()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("broker", nodeId);
      json.put("to", to);
      json.put("partitions", plan.size());
      json.put("complete", complete);
      println(Json.pretty(json));
    } else {
      println((complete ? "Moved " : "Began to move ") + plan.size() + " partition(s) to " + to);
    }
  }
}
