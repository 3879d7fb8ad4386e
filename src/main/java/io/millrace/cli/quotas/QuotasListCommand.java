package io.millrace.cli.quotas;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.TextTable;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code quotas list}. */
@Command(
    name = "list",
    description = "List all quotas.",
    footerHeading = "%nExamples:%n",
    footer = {"  millrace quotas list", "  millrace quotas list --output json"})
public final class QuotasListCommand extends AdminCommand {
  @Mixin OutputOptions output;

  public QuotasListCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    Map<ClientQuotaEntity, Map<String, Double>> found =
        admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get();
    List<ClientQuotaEntity> entities =
        found.keySet().stream().sorted(Comparator.comparing(EntityOptions::text)).toList();
    if (output.json()) {
      printJson(entities, entity -> EntityOptions.json(entity, found.get(entity)));
      return;
    }
    TextTable table = new TextTable(context.terminal(), "ENTITY", "QUOTA", "VALUE");
    for (ClientQuotaEntity entity : entities) {
      new TreeMap<>(found.get(entity))
          .forEach(
              (key, value) ->
                  table.row(EntityOptions.text(entity), key, EntityOptions.number(value)));
    }
    table.print("");
  }
}
