package io.millrace.cli.partitions;

import io.millrace.cli.CommandGroup;
import picocli.CommandLine.Command;

/** Groups the commands about the brokers of partitions. */
@Command(
    name = "partitions",
    description = "Move partitions to other brokers, and empty a broker.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {PartitionsMoveCommand.class, PartitionsDrainCommand.class},
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace partitions move orders-0 --to 2,3,4",
      "  millrace partitions move --list",
      "  millrace partitions drain 1"
    })
public final class PartitionsCommand extends CommandGroup {}
