package io.millrace.cli.quotas;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterClientQuotasOptions;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code quotas set}. */
@Command(
    name = "set",
    description = {
      "Set quotas of one entity; what is not named stays.",
      "producer_byte_rate and consumer_byte_rate are in bytes per second, request_percentage in"
          + " percent of one thread, controller_mutation_rate in partitions per second,"
          + " connection_creation_rate (of addresses only) in connections per second. All of them"
          + " hold for each node apart."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace quotas set --client-id loader producer_byte_rate=10485760",
      "  millrace quotas set --default-user request_percentage=50",
      "  millrace quotas set --ip 10.0.0.7 connection_creation_rate=20"
    })
public final class QuotasSetCommand extends AdminCommand {
  @Mixin EntityOptions entity;

  @Parameters(arity = "1..*", paramLabel = "KEY=VALUE", description = "The quotas.")
  Map<String, Double> quotas;

  @Option(names = "--dry-run", description = "Only have it checked.")
  boolean dryRun;

  public QuotasSetCommand(CliContext context) {
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
    List<ClientQuotaAlteration.Op> ops = new ArrayList<>();
    quotas.forEach((key, value) -> ops.add(new ClientQuotaAlteration.Op(key, value)));
    admin
        .alterClientQuotas(
            List.of(new ClientQuotaAlteration(entity.entity(), ops)),
            new AlterClientQuotasOptions().validateOnly(dryRun))
        .all()
        .get();
    println(
        "Set for "
            + EntityOptions.text(entity.entity())
            + (dryRun ? " (not done: --dry-run)" : ""));
  }
}
