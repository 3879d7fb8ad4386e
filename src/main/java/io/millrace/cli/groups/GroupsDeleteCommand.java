package io.millrace.cli.groups;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code groups delete}. */
@Command(
    name = "delete",
    description = "Delete groups that have no members, with their offsets.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace groups delete billing",
      "  millrace groups delete a b c --if-exists",
    })
public final class GroupsDeleteCommand extends AdminCommand {
  @Parameters(arity = "1..*", paramLabel = "GROUP", description = "Ids.")
  List<String> groups;

  @Option(names = "--if-exists", description = "A missing group is no failure.")
  boolean ifExists;

  public GroupsDeleteCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void run(Admin admin) throws InterruptedException {
    reportDeleted(
        groups,
        admin.deleteConsumerGroups(groups).deletedGroups(),
        answer -> ifExists && answer instanceof GroupIdNotFoundException);
  }
}
