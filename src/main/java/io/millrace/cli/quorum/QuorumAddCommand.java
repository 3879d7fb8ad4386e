package io.millrace.cli.quorum;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.QuorumInfo.ReplicaState;
import org.apache.kafka.clients.admin.RaftVoterEndpoint;
import org.apache.kafka.common.Uuid;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code quorum add}. */
@Command(
    name = "add",
    description = "Give a node that follows the metadata a vote on it.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace quorum add 4",
      "  millrace quorum add 4 --endpoint CONTROLLER://b4:9093   (for Apache Kafka)"
    })
public final class QuorumAddCommand extends AdminCommand {
  private static final Pattern ENDPOINT = Pattern.compile("([^:/]+)://(.+):(\\d{1,5})");

  @Mixin VoterOptions voter;

  @Option(
      names = "--endpoint",
      paramLabel = "NAME://HOST:PORT",
      description = "Where its controller listens; repeatable. Millrace knows it without.")
  List<String> endpoints = new ArrayList<>();

  private final Set<RaftVoterEndpoint> parsed = new HashSet<>();

  public QuorumAddCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    for (String endpoint : endpoints) {
      Matcher matcher = ENDPOINT.matcher(endpoint);
      if (!matcher.matches()) {
        throw usage("--endpoint: '" + endpoint + "' is not of the form NAME://HOST:PORT");
      }
      parsed.add(
          new RaftVoterEndpoint(
              matcher.group(1), matcher.group(2), Integer.parseInt(matcher.group(3))));
    }
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    Uuid directory =
        voter.directory == null ? directoryOfObserver(admin, voter.node) : voter.directory;
    admin.addRaftVoter(voter.node, directory, parsed).all().get();
    println("Node " + voter.node + " votes on the metadata");
  }

  private static Uuid directoryOfObserver(Admin admin, int node)
      throws InterruptedException, ExecutionException {
    QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();
    Optional<ReplicaState> observer = Voters.find(quorum.observers(), node);
    Optional<ReplicaState> voter = Voters.find(quorum.voters(), node);
    if (voter.isPresent()) {
      throw new CommandFailure(ExitCode.FAILED, votesAlready(voter.get(), observer));
    }
    return observer
        .orElseThrow(
            () ->
                new CommandFailure(
                    ExitCode.NOT_FOUND,
                    "node " + node + " does not follow the metadata; is it running?"))
        .replicaDirectoryId();
  }

  /** A voter is a node with its directory (KIP-853): one that lost its disk is another. */
  private static String votesAlready(ReplicaState voter, Optional<ReplicaState> observer) {
    int node = voter.replicaId();
    String already =
        "node " + node + " votes already, with the directory " + voter.replicaDirectoryId();
    return observer.isEmpty()
        ? already
        : already
            + ", and follows with another one, "
            + observer.get().replicaDirectoryId()
            + "; if the old disk is lost for good, take its vote away first: millrace quorum remove "
            + node;
  }
}
