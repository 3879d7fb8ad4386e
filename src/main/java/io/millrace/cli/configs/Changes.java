package io.millrace.cli.configs;

import io.millrace.cli.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.ConfigEntry;

/**
 * Changes of one entity's settings, which are made together or not at all.
 *
 * <p>Owner: the command's thread.
 */
public record Changes(Entity entity, List<AlterConfigOp> ops, boolean dryRun) {
  /** Of a topic, not only to be checked. */
  public static Changes ofTopic(String topic, List<AlterConfigOp> ops) {
    return new Changes(new Entity(EntityType.TOPIC, topic), ops, /* dryRun= */ false);
  }

  static AlterConfigOp op(AlterConfigOp.OpType how, String key, String value) {
    return new AlterConfigOp(new ConfigEntry(key, value), how);
  }

  /** Has them made; failing with what the broker answers is fine. */
  public void apply(Admin admin) throws InterruptedException, ExecutionException {
    entity.find(admin);
    admin
        .incrementalAlterConfigs(
            Map.of(entity.resource(), ops), new AlterConfigsOptions().validateOnly(dryRun))
        .all()
        .get();
  }

  /** What was done, for people or programs. */
  void tell(boolean json, Consumer<String> line) {
    if (json) {
      line.accept(Json.pretty(json()));
      return;
    }
    lines(entity.toString()).forEach(line);
  }

  /**
   * What was done, for people.
   *
   * @param what was changed
   */
  public List<String> lines(String what) {
    List<String> lines = new ArrayList<>();
    for (AlterConfigOp op : ops) {
      String key = op.configEntry().name();
      String value = op.configEntry().value();
      lines.add(
          what
              + ": "
              + switch (op.opType()) {
                case SET -> key + "=" + value;
                case APPEND -> key + " has " + value;
                case SUBTRACT -> key + " is without " + value;
                case DELETE -> key + " is the default again";
              }
              + (dryRun ? " (not done: --dry-run)" : ""));
    }
    return lines;
  }

  private Map<String, ?> json() {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("type", entity.type().word());
    root.put("name", entity.name());
    root.put("dryRun", dryRun);
    List<Object> changes = new ArrayList<>();
    for (AlterConfigOp op : ops) {
      Map<String, Object> change = new LinkedHashMap<>();
      change.put("key", op.configEntry().name());
      change.put("operation", op.opType().name().toLowerCase(Locale.ROOT));
      change.put("value", op.configEntry().value());
      changes.add(change);
    }
    root.put("changes", changes);
    return root;
  }
}
