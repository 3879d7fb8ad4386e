package io.millrace.cli.configs;

import io.millrace.cli.CliContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code configs alter}. */
@Command(
    name = "alter",
    description = "Change settings: all that are given, or none. They act at once.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace configs alter topic orders --config retention.ms=3600000",
      "  millrace configs alter topic orders --append cleanup.policy=compact",
      "  millrace configs alter cluster --config message.max.bytes=5000000",
      "  millrace configs alter logger 1 --config io.millrace.log=DEBUG",
      "  millrace configs alter group pay --config consumer.session.timeout.ms=30000"
    })
public final class ConfigsAlterCommand extends EntityCommand {
  @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "Not for cluster.")
  List<String> name = List.of();

  @Mixin SetOptions sets;

  @Option(
      names = "--append",
      paramLabel = "KEY=VALUE",
      description = "Something to add to a list; repeatable.")
  Map<String, String> additions = new LinkedHashMap<>();

  @Option(
      names = "--subtract",
      paramLabel = "KEY=VALUE",
      description = "Something to take out of a list; repeatable.")
  Map<String, String> removals = new LinkedHashMap<>();

  @Option(names = "--dry-run", description = "Only have it checked.")
  boolean dryRun;

  public ConfigsAlterCommand(CliContext context) {
    super(context);
  }

  private List<AlterConfigOp> ops() {
    List<AlterConfigOp> ops = sets.ops();
    additions.forEach((key, value) -> ops.add(Changes.op(OpType.APPEND, key, value)));
    removals.forEach((key, value) -> ops.add(Changes.op(OpType.SUBTRACT, key, value)));
    return ops;
  }

  @Override
  protected void check() {
    Entity unused = named(name);
    List<AlterConfigOp> ops = ops();
    if (ops.isEmpty()) {
      throw usage("nothing to change: give --config, --append, --subtract or --delete-config");
    }
    long keys =
        ops.stream().map(AlterConfigOp::configEntry).map(ConfigEntry::name).distinct().count();
    if (keys < ops.size()) {
      throw usage("each key can be changed in one way only");
    }
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    Changes changes = new Changes(named(name), ops(), dryRun);
    changes.apply(admin);
    changes.tell(output.json(), this::println);
  }
}
