package io.millrace.cli.cluster;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code cluster unregister}. */
@Command(
    name = "unregister",
    description = {
      "Forget a node that does not come back.",
      "It must be stopped, must not vote on the metadata (millrace quorum remove), and must not have"
          + " the only replica of anything (millrace partitions drain). Nobody waits any more for"
          + " what only its logs could tell."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  millrace cluster unregister 4"})
public final class ClusterUnregisterCommand extends AdminCommand {
  @Parameters(paramLabel = "NODE", description = "The node's id.")
  int node;

  public ClusterUnregisterCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    try {
      admin.unregisterBroker(node).all().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BrokerIdNotRegisteredException) {
        throw new CommandFailure(
            ExitCode.NOT_FOUND, "no node is registered under id " + node, e.getCause());
      }
      throw e;
    }
    println("Node " + node + " is forgotten");
  }
}
