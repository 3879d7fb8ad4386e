package io.millrace.cli.configs;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.OutputOptions;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** A command about the settings of one entity. */
abstract class EntityCommand extends AdminCommand {
  @Parameters(
      index = "0",
      paramLabel = "TYPE",
      converter = EntityType.Converter.class,
      description = "topic, broker, cluster, group, logger or client-metrics.")
  EntityType type;

  @Mixin OutputOptions output;

  EntityCommand(CliContext context) {
    super(context);
  }

  /** The one that is meant, whose name is the first of the words after the type. */
  final Entity entity(List<String> words) {
    try {
      return Entity.of(type, words);
    } catch (IllegalArgumentException e) {
      throw usage(e);
    }
  }

  /** The same, when nothing but the name follows the type. */
  final Entity named(List<String> name) {
    if (type == EntityType.CLUSTER && !name.isEmpty()) {
      throw usage("cluster takes no name");
    }
    return entity(name);
  }
}
