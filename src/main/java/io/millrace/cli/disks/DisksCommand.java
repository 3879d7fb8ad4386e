package io.millrace.cli.disks;

import io.millrace.cli.CommandGroup;
import picocli.CommandLine.Command;

/** Groups the commands about the log directories of brokers. */
@Command(
    name = "disks",
    description = "Show the log directories of brokers, empty them, and move logs between them.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DisksListCommand.class,
      DisksCordonCommand.class,
      DisksUncordonCommand.class,
      DisksDrainCommand.class,
      DisksMoveCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace disks list",
      "  millrace disks cordon 1 /data/b",
      "  millrace disks drain 1 /data/b",
      "  millrace disks move orders-0 --broker 1 --to /data/c"
    })
public final class DisksCommand extends CommandGroup {}
