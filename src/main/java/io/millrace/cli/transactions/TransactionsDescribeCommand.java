package io.millrace.cli.transactions;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.OutputOptions;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code transactions describe}. */
@Command(
    name = "describe",
    description = "Show producer, state, age and partitions of transactions.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace transactions describe payments-1",
      "  millrace transactions describe payments-1 --output json"
    })
public final class TransactionsDescribeCommand extends AdminCommand {
  @Parameters(arity = "1..*", paramLabel = "ID", description = "Transactional ids.")
  List<String> ids;

  @Mixin OutputOptions output;

  public TransactionsDescribeCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void run(Admin admin) throws InterruptedException {
    Map<String, TransactionDescription> described = new TreeMap<>();
    var answers = admin.describeTransactions(ids);
    List<CommandFailure> failures =
        tryEach(ids, id -> described.put(id, answers.description(id).get()));
    long nowMs = System.currentTimeMillis();
    if (output.json()) {
      printJson(described.entrySet(), each -> json(each.getKey(), each.getValue(), nowMs));
    } else {
      described.forEach((id, one) -> print(id, one, nowMs));
    }
    CommandFailure.throwFirst(failures);
  }

  private void print(String id, TransactionDescription of, long nowMs) {
    println(
        context.terminal().bold(id)
            + "  "
            + of.state()
            + ", producer "
            + of.producerId()
            + " epoch "
            + of.producerEpoch()
            + ", coordinator "
            + of.coordinatorId()
            + ", timeout "
            + timeout(of.transactionTimeoutMs())
            + (isUnderWay(of)
                ? ", begun "
                    + Instant.ofEpochMilli(of.transactionStartTimeMs().getAsLong())
                    + ", "
                    + seconds(nowMs - of.transactionStartTimeMs().getAsLong())
                    + " ago"
                : ""));
    partitions(of).forEach(partition -> println("  " + partition));
  }

  /** Brokers still tell the start of one that is over. */
  private static boolean isUnderWay(TransactionDescription of) {
    return HangingTransaction.isOpen(of.state()) && of.transactionStartTimeMs().isPresent();
  }

  private static List<TopicPartition> partitions(TransactionDescription of) {
    return of.topicPartitions().stream().sorted(OpenTransaction.BY_NAME).toList();
  }

  /** Kafka has no greater one: it stands for none (KIP-939). */
  private static String timeout(long ms) {
    return ms == Integer.MAX_VALUE ? "none" : seconds(ms);
  }

  private static String seconds(long ms) {
    return String.format(Locale.ROOT, "%.1f s", ms / 1e3);
  }

  private static Map<String, Object> json(String id, TransactionDescription of, long nowMs) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("transactionalId", id);
    json.put("coordinator", of.coordinatorId());
    json.put("producerId", of.producerId());
    json.put("producerEpoch", of.producerEpoch());
    json.put("state", of.state().toString());
    json.put("timeoutMs", of.transactionTimeoutMs());
    boolean begun = isUnderWay(of);
    json.put("startedMs", begun ? of.transactionStartTimeMs().getAsLong() : null);
    json.put("durationMs", begun ? nowMs - of.transactionStartTimeMs().getAsLong() : null);
    json.put("partitions", partitions(of).stream().map(OpenTransaction::json).toList());
    return json;
  }
}
