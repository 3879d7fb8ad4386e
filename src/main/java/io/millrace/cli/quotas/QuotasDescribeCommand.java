package io.millrace.cli.quotas;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.Json;
import io.millrace.cli.OutputOptions;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code quotas describe}. */
@Command(
    name = "describe",
    description = "Show the quotas that are set for one entity itself, one on each line.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace quotas describe --client-id loader",
      "  millrace quotas describe --user alice --default-client-id --output json"
    })
public final class QuotasDescribeCommand extends AdminCommand {
  @Mixin EntityOptions entity;
  @Mixin OutputOptions output;

  public QuotasDescribeCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    if (entity.wrong() != null) {
      throw usage(entity.wrong());
    }
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    Map<String, Double> quotas =
        admin
            .describeClientQuotas(ClientQuotaFilter.containsOnly(entity.filter()))
            .entities()
            .get()
            .getOrDefault(entity.entity(), Map.of());
    if (output.json()) {
      println(Json.pretty(EntityOptions.json(entity.entity(), quotas)));
    } else if (quotas.isEmpty()) {
      println("No quotas are set for " + EntityOptions.text(entity.entity()));
    } else {
      new TreeMap<>(quotas)
          .forEach((key, value) -> println(key + "=" + EntityOptions.number(value)));
    }
  }
}
