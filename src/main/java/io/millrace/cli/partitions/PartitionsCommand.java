package io.millrace.cli.partitions;

import io.millrace.cli.CommandGroup;
import picocli.CommandLine.Command;

/** Groups the commands about the brokers of partitions. */
@Command(
    name = "partitions",
    description =
        "Move partitions to other brokers, empty a broker, give topics more partitions, elect"
            + " leaders.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      PartitionsMoveCommand.class,
      PartitionsDrainCommand.class,
      PartitionsGrowCommand.class,
      PartitionsElectCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace partitions move orders-0 --to 2,3,4",
      "  millrace partitions move --list",
      "  millrace partitions drain 1",
      "  millrace partitions grow orders --to 6",
      "  millrace partitions elect --all"
    })
public final class PartitionsCommand extends CommandGroup {}
