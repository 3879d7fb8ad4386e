package io.millrace.cli.disks;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.TextTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code disks list}. */
@Command(
    name = "list",
    description = {
      "Show the log directories of all brokers.",
      "ARRIVING counts logs that move there from other directories of the broker, LEFT the bytes of"
          + " these that are not there yet."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  millrace disks list", "  millrace disks list --broker 1 -o json"})
public final class DisksListCommand extends AdminCommand {
  @Option(names = "--broker", paramLabel = "BROKER", description = "Only this one.")
  Integer nodeId;

  @Mixin OutputOptions output;

  /** A line of the table; null = unknown. */
  private record Disk(
      int broker,
      String path,
      String state,
      Long totalBytes,
      Long usableBytes,
      long logBytes,
      int logs,
      int arriving,
      long bytesLeft) {
    Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("broker", broker);
      json.put("path", path);
      json.put("state", state);
      json.put("totalBytes", totalBytes);
      json.put("usableBytes", usableBytes);
      json.put("logBytes", logBytes);
      json.put("logs", logs);
      json.put("arriving", arriving);
      json.put("bytesLeft", bytesLeft);
      return json;
    }
  }

  public DisksListCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    List<Integer> brokers =
        nodeId == null
            ? admin.describeCluster().nodes().get().stream().map(Node::id).sorted().toList()
            : List.of(nodeId);
    List<Disk> disks = new ArrayList<>();
    for (int id : brokers) {
      Map<String, LogDirDescription> dirs = new BrokerDisks(admin, id).describe();
      Map<TopicPartition, Long> sizes = new TreeMap<>(Comparator.comparing(Object::toString));
      dirs.values()
          .forEach(
              dir ->
                  BrokerDisks.present(dir)
                      .forEach((partition, info) -> sizes.put(partition, info.size())));
      dirs.forEach((path, dir) -> disks.add(disk(id, path, dir, sizes)));
    }
    if (output.json()) {
      printJson(disks, Disk::json);
      return;
    }
    TextTable table =
        new TextTable(
            context.terminal(),
            "BROKER",
            "PATH",
            "STATE",
            "TOTAL",
            "FREE",
            "LOG BYTES",
            "LOGS",
            "ARRIVING",
            "LEFT");
    for (Disk disk : disks) {
      table.row(
          disk.broker,
          disk.path,
          disk.state,
          disk.totalBytes == null ? "-" : disk.totalBytes,
          disk.usableBytes == null ? "-" : disk.usableBytes,
          disk.logBytes,
          disk.logs,
          disk.arriving,
          disk.bytesLeft);
    }
    table.print("");
  }

  private static Disk disk(
      int broker, String path, LogDirDescription dir, Map<TopicPartition, Long> sizes) {
    Map<TopicPartition, ReplicaInfo> present = BrokerDisks.present(dir);
    Map<TopicPartition, ReplicaInfo> arriving = BrokerDisks.arriving(dir);
    long left = 0;
    for (Map.Entry<TopicPartition, ReplicaInfo> one : arriving.entrySet()) {
      left += Math.max(0, sizes.getOrDefault(one.getKey(), 0L) - one.getValue().size());
    }
    return new Disk(
        broker,
        path,
        dir.error() != null ? "failed" : dir.isCordoned() ? "cordoned" : "online",
        known(dir.totalBytes()),
        known(dir.usableBytes()),
        present.values().stream().mapToLong(ReplicaInfo::size).sum(),
        present.size(),
        arriving.size(),
        left);
  }

  private static Long known(OptionalLong bytes) {
    return bytes.isPresent() ? bytes.getAsLong() : null;
  }
}
