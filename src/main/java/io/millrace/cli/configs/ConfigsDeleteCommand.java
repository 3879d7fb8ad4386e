package io.millrace.cli.configs;

import io.millrace.cli.CliContext;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code configs delete}. */
@Command(
    name = "delete",
    description = "Put settings back to what counts without them, at once.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace configs delete topic orders retention.ms cleanup.policy",
      "  millrace configs delete cluster message.max.bytes"
    })
public final class ConfigsDeleteCommand extends EntityCommand {
  @Parameters(
      index = "1..*",
      paramLabel = "NAME KEY",
      description = "The name, except for cluster, and what to delete.")
  List<String> words = List.of();

  @Option(names = "--dry-run", description = "Only have it checked.")
  boolean dryRun;

  public ConfigsDeleteCommand(CliContext context) {
    super(context);
  }

  private List<String> keys() {
    return words.subList(entity(words).words(), words.size());
  }

  @Override
  protected void check() {
    if (keys().isEmpty()) {
      throw usage("nothing to delete: give the keys");
    }
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    Changes changes =
        new Changes(
            entity(words),
            keys().stream().distinct().map(key -> Changes.op(OpType.DELETE, key, null)).toList(),
            dryRun);
    changes.apply(admin);
    changes.tell(output.json(), this::println);
  }
}
