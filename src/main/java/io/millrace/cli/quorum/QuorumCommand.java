package io.millrace.cli.quorum;

import io.millrace.cli.CommandGroup;
import picocli.CommandLine.Command;

/** Groups the commands about the quorum that keeps the metadata. */
@Command(
    name = "quorum",
    description = "Show and change who keeps the cluster's metadata.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      QuorumStatusCommand.class,
      QuorumAddCommand.class,
      QuorumRemoveCommand.class,
      QuorumTransferCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace quorum status",
      "  millrace quorum add 4",
      "  millrace quorum remove 2",
      "  millrace quorum transfer 3"
    })
public final class QuorumCommand extends CommandGroup {}
