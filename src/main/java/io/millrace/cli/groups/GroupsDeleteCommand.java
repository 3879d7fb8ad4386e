package io.millrace.cli.groups;

import io.millrace.cli.BrokerOptions;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.Failures;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
public final class GroupsDeleteCommand implements Callable<Integer> {
  private final CliContext context;
  @Mixin BrokerOptions broker;

  @Parameters(arity = "1..*", paramLabel = "GROUP", description = "Ids.")
  List<String> groups;

  @Option(names = "--if-exists", description = "A missing group is no failure.")
  boolean ifExists;

  public GroupsDeleteCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException, ExecutionException {
    broker.checkReachable();
    try (Admin admin = context.clients().admin(broker.settings(Map.of()))) {
      var answers = admin.deleteConsumerGroups(groups).deletedGroups();
      List<CommandFailure> failures = new ArrayList<>();
      for (String group : groups) {
        try {
          answers.get(group).get();
          context.terminal().out().println("Deleted " + group);
        } catch (ExecutionException e) {
          if (ifExists && e.getCause() instanceof GroupIdNotFoundException) {
            context.terminal().out().println("Does not exist: " + group);
          } else {
            failures.add(Failures.about(group, e));
          }
        }
      }
      CommandFailure.throwFirst(failures);
    }
    return 0;
  }
}
