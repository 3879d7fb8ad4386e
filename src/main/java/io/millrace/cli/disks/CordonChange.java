package io.millrace.cli.disks;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Json;
import io.millrace.cli.OutputOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** A command that changes which log directories of a broker are cordoned. */
abstract class CordonChange extends AdminCommand {
  @Parameters(index = "0", paramLabel = "BROKER", description = "Node id of the broker.")
  int nodeId;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "DIR",
      description = "Log directories as in millrace disks list.")
  List<String> paths;

  @Mixin OutputOptions output;

  CordonChange(CliContext context) {
    super(context);
  }

  /** Makes of the directories that are cordoned those that shall be. */
  abstract void change(SortedSet<String> cordoned, List<String> named);

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    BrokerDisks disks = new BrokerDisks(admin, nodeId);
    Map<String, LogDirDescription> dirs = disks.describe();
    disks.check(paths, dirs);
    SortedSet<String> cordoned = BrokerDisks.cordoned(dirs);
    change(cordoned, paths);
    disks.cordon(cordoned);
    // It is in force when the broker says so.
    SortedSet<String> inForce =
        BrokerDisks.cordoned(
            askUntil(now -> BrokerDisks.cordoned(now).equals(cordoned), disks::describe));
    if (!inForce.equals(cordoned)) {
      throw new CommandFailure(
          ExitCode.FAILED,
          "the change is committed, but not in force: broker " + nodeId + " cordons " + inForce);
    }
    if (output.json()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("broker", nodeId);
      json.put("cordoned", new ArrayList<>(cordoned));
      println(Json.pretty(json));
    } else {
      println(
          cordoned.isEmpty()
              ? "No log directory of broker " + nodeId + " is cordoned"
              : "Cordoned on broker " + nodeId + ": " + String.join(", ", cordoned));
    }
  }
}
