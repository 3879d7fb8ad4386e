package io.millrace.cli.quorum;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.Json;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.TextTable;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.QuorumInfo.ReplicaState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code quorum status}. */
@Command(
    name = "status",
    description = {
      "Show the leader, the voters and the observers of the metadata log.",
      "LAG is what a node has yet to get, in offsets of the metadata log."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  millrace quorum status", "  millrace quorum status --output json"})
public final class QuorumStatusCommand extends AdminCommand {
  @Mixin OutputOptions output;

  public QuorumStatusCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();
    if (output.json()) {
      println(Json.pretty(json(quorum)));
      return;
    }
    println(
        "Leader "
            + quorum.leaderId()
            + ", term "
            + quorum.leaderEpoch()
            + ", committed to offset "
            + quorum.highWatermark());
    var table =
        new TextTable(
            context.terminal(), "NODE", "ROLE", "LOG END", "LAG", "CAUGHT UP", "DIRECTORY");
    quorum.voters().forEach(voter -> row(table, voter, quorum, "voter"));
    quorum.observers().forEach(observer -> row(table, observer, quorum, "observer"));
    table.print("");
  }

  private static void row(TextTable table, ReplicaState replica, QuorumInfo quorum, String role) {
    table.row(
        replica.replicaId(),
        replica.replicaId() == quorum.leaderId() ? "leader" : role,
        replica.logEndOffset() < 0 ? "-" : replica.logEndOffset(),
        Voters.lag(replica, quorum).isPresent() ? Voters.lag(replica, quorum).getAsLong() : "-",
        time(replica.lastCaughtUpTimestamp()),
        replica.replicaDirectoryId());
  }

  private static String time(OptionalLong ms) {
    return ms.isPresent() && ms.getAsLong() >= 0
        ? Instant.ofEpochMilli(ms.getAsLong()).toString()
        : "-";
  }

  private static Map<String, Object> json(QuorumInfo quorum) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("leaderId", quorum.leaderId());
    json.put("leaderEpoch", quorum.leaderEpoch());
    json.put("highWatermark", quorum.highWatermark());
    json.put("voters", replicas(quorum.voters(), quorum));
    json.put("observers", replicas(quorum.observers(), quorum));
    return json;
  }

  private static List<Map<String, Object>> replicas(List<ReplicaState> states, QuorumInfo quorum) {
    return states.stream().map(state -> replica(state, quorum)).toList();
  }

  private static Map<String, Object> replica(ReplicaState state, QuorumInfo quorum) {
    OptionalLong lag = Voters.lag(state, quorum);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("nodeId", state.replicaId());
    json.put("directoryId", state.replicaDirectoryId().toString());
    json.put("logEndOffset", state.logEndOffset());
    json.put("lag", lag.isPresent() ? lag.getAsLong() : null);
    json.put("lastFetchTimestamp", known(state.lastFetchTimestamp()));
    json.put("lastCaughtUpTimestamp", known(state.lastCaughtUpTimestamp()));
    return json;
  }

  private static Long known(OptionalLong ms) {
    return ms.isPresent() && ms.getAsLong() >= 0 ? Long.valueOf(ms.getAsLong()) : null;
  }
}
