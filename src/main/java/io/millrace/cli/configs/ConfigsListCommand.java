package io.millrace.cli.configs;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.TextTable;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.common.config.ConfigResource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code configs list}. */
@Command(
    name = "list",
    description = {
      "List what settings can be asked of.",
      "Topics and brokers are all there; groups and client metrics when they have settings."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  millrace configs list", "  millrace configs list --type group --output json"})
public final class ConfigsListCommand extends AdminCommand {
  @Option(
      names = {"-t", "--type"},
      paramLabel = "TYPE",
      converter = EntityType.Converter.class,
      description = "topic, broker, group, logger or client-metrics. Default: all.")
  EntityType type;

  @Mixin OutputOptions output;

  public ConfigsListCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    if (type == EntityType.CLUSTER) {
      throw usage("the cluster is one: millrace configs describe cluster");
    }
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    Collection<ConfigResource> found =
        admin
            .listConfigResources(
                type == null ? Set.of() : Set.of(type.type()), new ListConfigResourcesOptions())
            .all()
            .get();
    List<Entity> entities =
        found.stream()
            .filter(resource -> EntityType.of(resource.type()) != null)
            .map(resource -> new Entity(EntityType.of(resource.type()), resource.name()))
            .sorted(Comparator.comparing(Entity::type).thenComparing(Entity::name))
            .toList();
    if (output.json()) {
      printJson(entities, ConfigsListCommand::json);
      return;
    }
    if (entities.isEmpty()) {
      context.terminal().note("There is none");
      return;
    }
    TextTable table = new TextTable(context.terminal(), "TYPE", "NAME");
    entities.forEach(entity -> table.row(entity.type().word(), entity.name()));
    table.print("");
  }

  private static Map<String, ?> json(Entity entity) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("type", entity.type().word());
    json.put("name", entity.name());
    return json;
  }
}
