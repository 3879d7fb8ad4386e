package io.millrace.cli.quotas;

import io.millrace.cli.CommandGroup;
import picocli.CommandLine.Command;

/** Groups the commands about quotas of clients. */
@Command(
    name = "quotas",
    description = "List, describe, set and remove quotas of users, client ids and addresses.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      QuotasListCommand.class,
      QuotasDescribeCommand.class,
      QuotasSetCommand.class,
      QuotasRemoveCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace quotas set --client-id loader producer_byte_rate=10485760",
      "  millrace quotas set --default-client-id consumer_byte_rate=52428800",
      "  millrace quotas list"
    })
public final class QuotasCommand extends CommandGroup {}
