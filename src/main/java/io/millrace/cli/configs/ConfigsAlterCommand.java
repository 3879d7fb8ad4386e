package io.millrace.cli.configs;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.OutputOptions;
import java.util.ArrayList;
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
public final class ConfigsAlterCommand extends AdminCommand {
  @Parameters(
      index = "0",
      paramLabel = "TYPE",
      converter = EntityType.Converter.class,
      description = "topic, broker, cluster, group, logger or client-metrics.")
  EntityType type;

  @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "Not for cluster.")
  List<String> name = List.of();

  @Option(
      names = {"-c", "--config"},
      paramLabel = "KEY=VALUE",
      description = "A setting to set; repeatable.")
  Map<String, String> configs = new LinkedHashMap<>();

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

  @Option(
      names = "--delete-config",
      paramLabel = "KEY",
      split = ",",
      description = "A setting to put back to its default; repeatable.")
  List<String> deletions = new ArrayList<>();

  @Option(names = "--dry-run", description = "Only have it checked.")
  boolean dryRun;

  @Mixin OutputOptions output;

  public ConfigsAlterCommand(CliContext context) {
    super(context);
  }

  private Entity entity() {
    try {
      return Entity.of(type, name);
    } catch (IllegalArgumentException e) {
      throw usage(e);
    }
  }

  private List<AlterConfigOp> ops() {
    List<AlterConfigOp> ops = new ArrayList<>();
    configs.forEach((key, value) -> ops.add(Changes.op(OpType.SET, key, value)));
    additions.forEach((key, value) -> ops.add(Changes.op(OpType.APPEND, key, value)));
    removals.forEach((key, value) -> ops.add(Changes.op(OpType.SUBTRACT, key, value)));
    deletions.forEach(key -> ops.add(Changes.op(OpType.DELETE, key, null)));
    return ops;
  }

  @Override
  protected void check() {
    if (type == EntityType.CLUSTER && !name.isEmpty()) {
      throw usage("cluster takes no name");
    }
    Entity unused = entity();
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
    Changes changes = new Changes(entity(), ops(), dryRun);
    changes.apply(admin);
    changes.tell(output.json(), this::println);
  }
}
