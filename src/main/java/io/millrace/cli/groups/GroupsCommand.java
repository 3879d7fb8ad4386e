package io.millrace.cli.groups;

import io.millrace.cli.CommandGroup;
import picocli.CommandLine.Command;

/** Groups the commands about consumer groups. */
@Command(
    name = "groups",
    description = "List and describe consumer groups, reset and delete their offsets.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      GroupsListCommand.class,
      GroupsDescribeCommand.class,
      GroupsResetCommand.class,
      GroupsDeleteOffsetsCommand.class,
      GroupsDeleteCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace groups list --long",
      "  millrace groups describe billing",
      "  millrace groups reset billing --topic orders --to-earliest --execute"
    })
public final class GroupsCommand extends CommandGroup {}
