package io.millrace.cli.quorum;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Failures;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.QuorumInfo.ReplicaState;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code quorum transfer}. */
@Command(
    name = "transfer",
    description = {
      "Hand the leadership of the metadata, and so the controller, to another voter.",
      "Only Millrace can do that; Apache Kafka has no request for it."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace quorum transfer 3",
      "  millrace quorum transfer      (to the voter that has most of the log)"
    })
public final class QuorumTransferCommand extends AdminCommand {
  /** The metadata has no topic: to Millrace the partition is the node that is to lead. */
  private static final String METADATA = "__cluster_metadata";

  @Parameters(
      arity = "0..1",
      paramLabel = "NODE",
      description = "The node that is to lead. Default: the voter that has most of the log.")
  Optional<Integer> node;

  public QuorumTransferCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    int to = node.isPresent() ? node.get() : another(describe(admin));
    TopicPartition metadata = new TopicPartition(METADATA, to);
    Optional<Throwable> refusal =
        admin
            .electLeaders(ElectionType.PREFERRED, Set.of(metadata))
            .partitions()
            .get()
            .get(metadata);
    if (refusal.isPresent()) {
      if (refusal.get() instanceof ElectionNotNeededException) {
        println("Node " + to + " leads already");
        return;
      }
      throw refusal.get() instanceof UnknownTopicOrPartitionException
          ? new CommandFailure(
              ExitCode.FAILED, "this broker cannot hand over the leadership; is it Millrace?")
          : Failures.about("node " + to, refusal.get());
    }
    awaitLeader(admin, to);
  }

  private static QuorumInfo describe(Admin admin) throws InterruptedException, ExecutionException {
    return admin.describeMetadataQuorum().quorumInfo().get();
  }

  private static int another(QuorumInfo quorum) {
    return quorum.voters().stream()
        .filter(voter -> voter.replicaId() != quorum.leaderId())
        .max(
            Comparator.comparingLong(ReplicaState::logEndOffset)
                .thenComparingLong(voter -> voter.lastFetchTimestamp().orElse(-1)))
        .orElseThrow(
            () ->
                new CommandFailure(
                    ExitCode.FAILED, "node " + quorum.leaderId() + " is the only voter"))
        .replicaId();
  }

  private void awaitLeader(Admin admin, int to) throws InterruptedException, ExecutionException {
    QuorumInfo quorum = askUntil(answer -> answer.leaderId() == to, () -> describe(admin));
    if (quorum.leaderId() != to) {
      throw new CommandFailure(
          ExitCode.FAILED, "node " + quorum.leaderId() + " leads, not node " + to);
    }
    println("Node " + to + " leads in term " + quorum.leaderEpoch());
  }
}
