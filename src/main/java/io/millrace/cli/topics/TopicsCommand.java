package io.millrace.cli.topics;

import io.millrace.cli.CommandGroup;
import picocli.CommandLine.Command;

/** Groups the commands about topics. */
@Command(
    name = "topics",
    description = "Create, list, describe, delete and alter topics.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      TopicsCreateCommand.class,
      TopicsListCommand.class,
      TopicsDescribeCommand.class,
      TopicsAlterCommand.class,
      TopicsDeleteCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace topics create orders --partitions 3 --config retention.ms=86400000",
      "  millrace topics describe orders",
      "  millrace topics list --output json"
    })
public final class TopicsCommand extends CommandGroup {}
