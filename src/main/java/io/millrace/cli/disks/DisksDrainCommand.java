package io.millrace.cli.disks;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Json;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.partitions.WaitOptions;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code disks drain}. */
@Command(
    name = "drain",
    description = {
      "Cordon a log directory and move all logs in it to the broker's other ones, by free space.",
      "The logs are used all the time. After that the directory can be taken out of log.dirs."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace disks drain 1 /data/b",
      "  millrace disks drain 1 /data/b --wait 0 -o json"
    })
public final class DisksDrainCommand extends AdminCommand {
  /** Moves that were begun for a new partition just before the cordon, say. */
  private static final int MAX_ROUNDS = 5;

  @Parameters(index = "0", paramLabel = "BROKER", description = "Node id of the broker.")
  int nodeId;

  @Parameters(
      index = "1",
      paramLabel = "DIR",
      description = "The log directory, as in millrace disks list.")
  String drained;

  @Mixin WaitOptions wait;
  @Mixin OutputOptions output;

  public DisksDrainCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    long unused = wait.ms();
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    BrokerDisks disks = new BrokerDisks(admin, nodeId);
    Map<String, LogDirDescription> dirs = disks.describe();
    disks.check(List.of(drained), dirs);
    if (dirs.get(drained).error() != null) {
      throw new CommandFailure(
          ExitCode.FAILED, drained + " has failed: nothing in it can be read any more");
    }
    SortedSet<String> cordoned = BrokerDisks.cordoned(dirs);
    if (cordoned.add(drained)) {
      disks.cordon(cordoned);
    }
    dirs = askUntil(now -> now.get(drained).isCordoned(), disks::describe);
    Set<TopicPartition> moved = new HashSet<>();
    for (int round = 0; round < MAX_ROUNDS; round++) {
      DiskDrainPlan plan = plan(dirs);
      Set<TopicPartition> leaving = plan.leaving();
      moved.addAll(leaving);
      if (leaving.isEmpty()) {
        report(true, moved.size());
        return;
      }
      CommandFailure.throwFirst(disks.move(plan.moves()));
      if (!wait.waits()
          || !LogDirWait.until(disks, leaving, context.terminal(), wait.ms()).isEmpty()) {
        report(false, moved.size());
        return;
      }
      dirs = disks.describe();
    }
    throw new CommandFailure(
        ExitCode.FAILED,
        "not all logs leave " + drained + ": the log of broker " + nodeId + " says why");
  }

  private DiskDrainPlan plan(Map<String, LogDirDescription> dirs) {
    DiskDrainPlan plan = DiskDrainPlan.of(drained, dirs);
    if (!plan.homeless().isEmpty()) {
      throw new CommandFailure(
          ExitCode.FAILED,
          "broker "
              + nodeId
              + " has no other log directory that works, is not cordoned and has the space for "
              + plan.homeless().size()
              + " of the logs in "
              + drained);
    }
    return plan;
  }

  private void report(boolean complete, int partitions) {
    if (output.json()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("broker", nodeId);
      json.put("path", drained);
      json.put("partitions", partitions);
      json.put("complete", complete);
      println(Json.pretty(json));
    } else if (complete) {
      println(
          drained
              + " of broker "
              + nodeId
              + " is cordoned and has no logs"
              + (partitions > 0 ? " any more: " + partitions + " moved" : ""));
    } else {
      println("On their way out of " + drained + ": " + partitions + " log(s)");
    }
  }
}
