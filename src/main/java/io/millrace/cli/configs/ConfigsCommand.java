package io.millrace.cli.configs;

import io.millrace.cli.CommandGroup;
import picocli.CommandLine.Command;

/** Groups the commands about settings. */
@Command(
    name = "configs",
    description = {
      "List, describe and change settings while the cluster works.",
      "TYPE is topic, broker, cluster (the default of all brokers), group, logger (the log levels"
          + " of a broker) or client-metrics."
    },
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ConfigsListCommand.class,
      ConfigsDescribeCommand.class,
      ConfigsAlterCommand.class,
      ConfigsDeleteCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace configs describe topic orders",
      "  millrace configs alter topic orders --config retention.ms=3600000",
      "  millrace configs alter cluster --config log.retention.ms=86400000",
      "  millrace configs delete broker 2 leader.replication.throttled.rate",
      "  millrace configs list --type group"
    })
public final class ConfigsCommand extends CommandGroup {}
