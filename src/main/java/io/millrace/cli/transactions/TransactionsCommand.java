package io.millrace.cli.transactions;

import io.millrace.cli.CommandGroup;
import picocli.CommandLine.Command;

/** Groups the commands about transactions. */
@Command(
    name = "transactions",
    description = "List, describe and abort transactions, and find those that hang.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      TransactionsListCommand.class,
      TransactionsDescribeCommand.class,
      TransactionsAbortCommand.class,
      TransactionsFindHangingCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace transactions list --long",
      "  millrace transactions describe payments-1",
      "  millrace transactions find-hanging",
      "  millrace transactions abort payments-1"
    })
public final class TransactionsCommand extends CommandGroup {}
