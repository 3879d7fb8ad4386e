package io.millrace.cli.configs;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.OutputOptions;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
public final class ConfigsDeleteCommand extends AdminCommand {
  @Parameters(
      index = "0",
      paramLabel = "TYPE",
      converter = EntityType.Converter.class,
      description = "topic, broker, cluster, group, logger or client-metrics.")
  EntityType type;

  @Parameters(
      index = "1..*",
      paramLabel = "NAME KEY",
      description = "The name, except for cluster, and what to delete.")
  List<String> words = List.of();

  @Option(names = "--dry-run", description = "Only have it checked.")
  boolean dryRun;

  @Mixin OutputOptions output;

  public ConfigsDeleteCommand(CliContext context) {
    super(context);
  }

  private Entity entity() {
    try {
      return Entity.of(type, words);
    } catch (IllegalArgumentException e) {
      throw usage(e);
    }
  }

  private List<String> keys() {
    return words.subList(entity().words(), words.size());
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
            entity(),
            keys().stream().distinct().map(key -> Changes.op(OpType.DELETE, key, null)).toList(),
            dryRun);
    changes.apply(admin);
    changes.tell(output.json(), this::println);
  }
}
