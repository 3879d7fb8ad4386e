package io.millrace.cli.quorum;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.RemoveRaftVoterOptions;
import org.apache.kafka.common.Uuid;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code quorum remove}. */
@Command(
    name = "remove",
    description = {
      "Take a node's vote on the metadata away.",
      "It goes on following the metadata, and serves clients as before.",
      "While fewer than cluster.voters.target nodes vote, it votes again by itself once it is"
          + " started anew, or another node has become the controller. Started with"
          + " process.roles=broker it never does."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  millrace quorum remove 2"})
public final class QuorumRemoveCommand extends AdminCommand {
  @Mixin VoterOptions voter;

  public QuorumRemoveCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    String cluster = admin.describeCluster().clusterId().get();
    Uuid directory =
        voter.directory == null ? directoryOfVoter(admin, voter.node) : voter.directory;
    admin
        .removeRaftVoter(
            voter.node, directory, new RemoveRaftVoterOptions().setClusterId(Optional.of(cluster)))
        .all()
        .get();
    println(
        "Node " + voter.node + " votes on the metadata no longer with the directory " + directory);
  }

  private static Uuid directoryOfVoter(Admin admin, int node)
      throws InterruptedException, ExecutionException {
    QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();
    return Voters.find(quorum.voters(), node)
        .orElseThrow(
            () ->
                new CommandFailure(
                    ExitCode.NOT_FOUND, "node " + node + " does not vote on the metadata"))
        .replicaDirectoryId();
  }
}
