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
record Changes(Entity entity, List<AlterConfigOp> ops, boolean dryRun) {
  static AlterConfigOp op(AlterConfigOp.OpType how, String key, String value) {
    return new AlterConfigOp(new ConfigEntry(key, value), how);
  }

  void apply(Admin admin) throws InterruptedException, ExecutionException {
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
    for (AlterConfigOp op : ops) {
      String key = op.configEntry().name();
      String value = op.configEntry().value();
      line.accept(
          entity
              + ": "
              + switch (op.opType()) {
                case SET -> key + "=" + value;
                case APPEND -> key + " has " + value;
                case SUBTRACT -> key + " is without " + value;
                case DELETE -> key + " is the default again";
              }
              + (dryRun ? " (not done: --dry-run)" : ""));
    }
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
