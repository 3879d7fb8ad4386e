package io.millrace.cli.transactions;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.TextTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code transactions list}. */
@Command(
    name = "list",
    description = "List transactional ids: one on each line.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace transactions list",
      "  millrace transactions list --long",
      "  millrace transactions list --state ongoing --longer-than 60",
      "  millrace transactions list --pattern 'payments-.*' --output json"
    })
public final class TransactionsListCommand extends AdminCommand {
  @Option(
      names = {"-l", "--long"},
      description = "Coordinator, producer id and state too.")
  boolean details;

  @Option(
      names = "--state",
      paramLabel = "STATE",
      split = ",",
      description = "Only those in these states, such as ongoing or preparecommit.")
  List<String> states = new ArrayList<>();

  @Option(
      names = "--producer-id",
      paramLabel = "ID",
      split = ",",
      description = "Only those of these producer ids.")
  List<Long> producerIds = new ArrayList<>();

  @Option(
      names = "--longer-than",
      paramLabel = "SECONDS",
      description = "Only transactions that have been open for longer than this.")
  Integer seconds;

  @Option(
      names = "--pattern",
      paramLabel = "REGEX",
      description = "Only transactional ids that this regular expression (RE2/J) matches.")
  String pattern;

  @Mixin OutputOptions output;

  private final ListTransactionsOptions asked = new ListTransactionsOptions();

  private record Row(int coordinator, TransactionListing listing) {}

  public TransactionsListCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    asked.filterStates(states(states));
    asked.filterProducerIds(producerIds);
    if (seconds != null) {
      if (seconds < 0) {
        throw usage("--longer-than must be 0 or more seconds: " + seconds);
      }
      asked.filterOnDuration(TimeUnit.SECONDS.toMillis(seconds));
    }
    if (pattern != null) {
      checkPattern();
      asked.filterOnTransactionalIdPattern(pattern);
    }
  }

  /** By the rules of brokers, who would refuse it without saying why. */
  private void checkPattern() {
    try {
      Pattern.compile(pattern);
    } catch (PatternSyntaxException e) {
      throw usage("--pattern: '" + pattern + "' is no regular expression: " + e.getDescription());
    }
  }

  private Set<TransactionState> states(List<String> texts) {
    Set<TransactionState> wanted = new HashSet<>();
    for (String text : texts) {
      wanted.add(
          Arrays.stream(TransactionState.values())
              .filter(state -> state != TransactionState.UNKNOWN)
              .filter(state -> state.toString().equalsIgnoreCase(text))
              .findFirst()
              .orElseThrow(
                  () -> usage("--state: '" + text + "' is no state of a transaction; " + ALL)));
    }
    return wanted;
  }

  private static final String ALL =
      "allowed: "
          + String.join(
              ", ",
              Arrays.stream(TransactionState.values())
                  .filter(state -> state != TransactionState.UNKNOWN)
                  .map(TransactionState::toString)
                  .toList());

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    List<Row> rows = new ArrayList<>();
    admin
        .listTransactions(asked)
        .allByBrokerId()
        .get()
        .forEach(
            (coordinator, listings) ->
                listings.forEach(listing -> rows.add(new Row(coordinator, listing))));
    rows.sort(Comparator.comparing(row -> row.listing.transactionalId()));
    if (output.json()) {
      printJson(rows, TransactionsListCommand::json);
    } else if (details) {
      var table =
          new TextTable(
              context.terminal(), "TRANSACTIONAL ID", "COORDINATOR", "PRODUCER ID", "STATE");
      rows.forEach(
          row ->
              table.row(
                  row.listing.transactionalId(),
                  row.coordinator,
                  row.listing.producerId(),
                  row.listing.state()));
      table.print("");
    } else {
      rows.forEach(row -> println(row.listing.transactionalId()));
    }
  }

  private static Map<String, Object> json(Row row) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("transactionalId", row.listing.transactionalId());
    json.put("coordinator", row.coordinator);
    json.put("producerId", row.listing.producerId());
    json.put("state", row.listing.state().toString());
    return json;
  }
}
