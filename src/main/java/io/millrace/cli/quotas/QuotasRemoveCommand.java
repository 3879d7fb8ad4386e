package io.millrace.cli.quotas;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code quotas remove}. */
@Command(
    name = "remove",
    description = "Remove quotas of one entity: those that are named, or all of them.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace quotas remove --client-id loader producer_byte_rate",
      "  millrace quotas remove --default-user"
    })
public final class QuotasRemoveCommand extends AdminCommand {
  @Mixin EntityOptions entity;

  @Parameters(arity = "0..*", paramLabel = "KEY", description = "Which ones; all if none is named.")
  List<String> keys;

  public QuotasRemoveCommand(CliContext context) {
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
    String name = EntityOptions.text(entity.entity());
    Collection<String> removed = keys == null ? setNow(admin) : keys;
    if (removed.isEmpty()) {
      println("No quotas are set for " + name);
      return;
    }
    List<ClientQuotaAlteration.Op> ops =
        removed.stream().map(key -> new ClientQuotaAlteration.Op(key, null)).toList();
    admin.alterClientQuotas(List.of(new ClientQuotaAlteration(entity.entity(), ops))).all().get();
    println("Removed for " + name + ": " + String.join(", ", removed));
  }

  private Collection<String> setNow(Admin admin) throws InterruptedException, ExecutionException {
    return admin
        .describeClientQuotas(ClientQuotaFilter.containsOnly(entity.filter()))
        .entities()
        .get()
        .getOrDefault(entity.entity(), Map.of())
        .keySet();
  }
}
