package io.millrace.cli.configs;

import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Json;
import io.millrace.cli.TextTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.common.config.ConfigResource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code configs describe}. */
@Command(
    name = "describe",
    description = {
      "Show settings: those that are set, with --all every one.",
      "The source tells where a value comes from; with --synonyms also the values behind it, which"
          + " count when it is deleted."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace configs describe topic orders",
      "  millrace configs describe topic orders --all --synonyms",
      "  millrace configs describe broker 1 --key log.retention.ms",
      "  millrace configs describe cluster --output json"
    })
public final class ConfigsDescribeCommand extends EntityCommand {
  /** Of these, what a person has set is more than what is dynamic. */
  private static final Set<ConfigSource> UNSET = Set.of(ConfigSource.DEFAULT_CONFIG);

  @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "Not for cluster.")
  List<String> name = List.of();

  @Option(names = "--all", description = "Also what nobody has set.")
  boolean all;

  @Option(
      names = {"-k", "--key"},
      paramLabel = "KEY",
      split = ",",
      description = "Only this one, set or not; repeatable.")
  List<String> keys = new ArrayList<>();

  @Option(names = "--synonyms", description = "Show which values there are for each.")
  boolean synonyms;

  public ConfigsDescribeCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    Entity unused = named(name);
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    Entity entity = named(name);
    entity.find(admin);
    ConfigResource resource = entity.resource();
    Collection<ConfigEntry> every =
        admin
            .describeConfigs(List.of(resource), new DescribeConfigsOptions().includeSynonyms(true))
            .values()
            .get(resource)
            .get()
            .entries();
    checkKeys(entity, every);
    List<ConfigEntry> entries =
        every.stream()
            .filter(this::isWanted)
            .sorted((a, b) -> a.name().compareTo(b.name()))
            .toList();
    if (output.json()) {
      println(Json.pretty(json(entries)));
      return;
    }
    if (entries.isEmpty()) {
      context.terminal().note("Nothing is set; --all shows every setting");
      return;
    }
    print(entries);
  }

  /** Refuses a key that is none, where a broker tells of all keys, set or not. */
  private void checkKeys(Entity entity, Collection<ConfigEntry> every) {
    if (type != EntityType.TOPIC && type != EntityType.BROKER) {
      return;
    }
    Set<String> known = every.stream().map(ConfigEntry::name).collect(Collectors.toSet());
    for (String key : keys) {
      if (!known.contains(key)) {
        throw new CommandFailure(ExitCode.NOT_FOUND, entity + " has no setting '" + key + "'");
      }
    }
  }

  private boolean isWanted(ConfigEntry entry) {
    if (!keys.isEmpty()) {
      return keys.contains(entry.name());
    }
    // Levels of loggers are all set by somebody, as far as Kafka's protocol tells.
    return all || !UNSET.contains(entry.source());
  }

  private void print(List<ConfigEntry> entries) {
    TextTable table =
        synonyms
            ? new TextTable(context.terminal(), "KEY", "VALUE", "SOURCE", "SYNONYMS")
            : new TextTable(context.terminal(), "KEY", "VALUE", "SOURCE");
    for (ConfigEntry entry : entries) {
      String source = word(entry.source()) + (entry.isReadOnly() ? " (read-only)" : "");
      if (synonyms) {
        table.row(
            entry.name(),
            value(entry.isSensitive(), entry.value()),
            source,
            entry.synonyms().stream()
                .map(
                    each ->
                        each.name()
                            + "="
                            + value(entry.isSensitive(), each.value())
                            + " ("
                            + word(each.source())
                            + ")")
                .collect(Collectors.joining(", ")));
      } else {
        table.row(entry.name(), value(entry.isSensitive(), entry.value()), source);
      }
    }
    table.print("");
  }

  private static String value(boolean sensitive, String value) {
    return sensitive ? "(hidden)" : value == null ? "" : value;
  }

  private static String word(ConfigSource source) {
    return switch (source) {
      case DYNAMIC_TOPIC_CONFIG -> "topic";
      case DYNAMIC_BROKER_CONFIG -> "broker";
      case DYNAMIC_DEFAULT_BROKER_CONFIG -> "cluster";
      case STATIC_BROKER_CONFIG -> "file";
      case DYNAMIC_BROKER_LOGGER_CONFIG -> "logger";
      case DYNAMIC_CLIENT_METRICS_CONFIG -> "client-metrics";
      case DYNAMIC_GROUP_CONFIG -> "group";
      case DEFAULT_CONFIG -> "default";
      case UNKNOWN -> "unknown";
    };
  }

  private Map<String, ?> json(List<ConfigEntry> entries) {
    Entity entity = named(name);
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("type", entity.type().word());
    root.put("name", entity.name());
    List<Object> configs = new ArrayList<>();
    for (ConfigEntry entry : entries) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("key", entry.name());
      json.put("value", entry.value());
      json.put("source", word(entry.source()));
      json.put("readOnly", entry.isReadOnly());
      json.put("sensitive", entry.isSensitive());
      List<Object> behind = new ArrayList<>();
      for (ConfigEntry.ConfigSynonym synonym : entry.synonyms()) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("key", synonym.name());
        one.put("value", synonym.value());
        one.put("source", word(synonym.source()));
        behind.add(one);
      }
      json.put("synonyms", behind);
      configs.add(json);
    }
    root.put("configs", configs);
    return root;
  }
}
