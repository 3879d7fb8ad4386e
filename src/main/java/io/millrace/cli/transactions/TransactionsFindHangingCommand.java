package io.millrace.cli.transactions;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.TextTable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code transactions find-hanging}: asks the leaders what they have open, and the coordinators
 * what they know of it.
 *
 * <p>Owner: the command's thread.
 */
@Command(
    name = "find-hanging",
    description = {
      "Find transactions that partitions have open and that may never end:"
          + " no coordinator knows of them, or they are over their timeout.",
      "A consumer of committed records does not get past their start."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace transactions find-hanging             (all topics)",
      "  millrace transactions find-hanging orders --older-than 60",
      "  millrace transactions find-hanging --broker 2 --output json"
    })
public final class TransactionsFindHangingCommand extends AdminCommand {
  /** Partitions in one question. */
  private static final int AT_ONCE = 1_000;

  @Parameters(arity = "0..*", paramLabel = "TOPIC", description = "Topics; default: all.")
  List<String> topics = new ArrayList<>();

  @Option(
      names = "--broker",
      paramLabel = "ID",
      description = "Only partitions that this broker leads.")
  Integer leader;

  @Option(
      names = "--older-than",
      paramLabel = "SECONDS",
      description =
          "What no coordinator knows counts when nothing was written to it for so long."
              + " Default: 900, the longest timeout that brokers allow unless told otherwise.")
  int seconds = 900;

  @Mixin OutputOptions output;

  public TransactionsFindHangingCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    if (seconds < 0) {
      throw usage("--older-than must be 0 or more seconds: " + seconds);
    }
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    if (leader != null) {
      checkLeader(admin);
    }
    List<CommandFailure> failures = new ArrayList<>();
    List<OpenTransaction> open = open(admin, partitions(admin, failures), failures);
    List<HangingTransaction> hanging = hanging(admin, open);
    if (!hanging.isEmpty()) {
      // What has ended while we asked does not hang.
      Set<TopicPartition> again = new LinkedHashSet<>();
      hanging.forEach(one -> again.add(one.open().partition()));
      List<OpenTransaction> still = open(admin, again, failures);
      hanging.removeIf(one -> still.stream().noneMatch(one.open()::is));
    }
    show(hanging, failures.isEmpty());
    CommandFailure.throwFirst(failures);
  }

  /** A typing error must not look like a cluster in which nothing hangs. */
  private void checkLeader(Admin admin) throws InterruptedException, ExecutionException {
    List<Integer> brokers =
        admin.describeCluster().nodes().get().stream().map(Node::id).sorted().toList();
    if (!brokers.contains(leader)) {
      throw new CommandFailure(
          ExitCode.NOT_FOUND, "there is no broker " + leader + ", only " + brokers);
    }
  }

  private Set<TopicPartition> partitions(Admin admin, List<CommandFailure> failures)
      throws InterruptedException, ExecutionException {
    Collection<String> names =
        topics.isEmpty()
            ? admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get()
            : topics;
    Set<TopicPartition> partitions = new TreeSet<>(OpenTransaction.BY_NAME);
    var described = admin.describeTopics(names).topicNameValues();
    failures.addAll(
        tryEach(
            names,
            name -> {
              TopicDescription topic = described.get(name).get();
              for (TopicPartitionInfo each : topic.partitions()) {
                TopicPartition partition = new TopicPartition(name, each.partition());
                boolean led = each.leader() != null && !each.leader().isEmpty();
                if (led && (leader == null || each.leader().id() == leader)) {
                  partitions.add(partition);
                } else if (!led && leader == null) {
                  failures.add(
                      new CommandFailure(
                          ExitCode.FAILED, partition + " has no leader that could be asked"));
                }
              }
            }));
    return partitions;
  }

  private static List<OpenTransaction> open(
      Admin admin, Set<TopicPartition> partitions, List<CommandFailure> failures)
      throws InterruptedException {
    List<OpenTransaction> open = new ArrayList<>();
    List<TopicPartition> all = List.copyOf(partitions);
    for (int from = 0; from < all.size(); from += AT_ONCE) {
      List<TopicPartition> some = all.subList(from, Math.min(all.size(), from + AT_ONCE));
      var answers = admin.describeProducers(some);
      failures.addAll(
          tryEach(
              some,
              partition -> {
                for (ProducerState producer :
                    answers.partitionResult(partition).get().activeProducers()) {
                  if (OpenTransaction.isOpen(producer)) {
                    open.add(new OpenTransaction(partition, producer));
                  }
                }
              }));
    }
    return open;
  }

  private List<HangingTransaction> hanging(Admin admin, List<OpenTransaction> open)
      throws InterruptedException, ExecutionException {
    if (open.isEmpty()) {
      return new ArrayList<>();
    }
    Set<Long> producers =
        open.stream().map(one -> one.producer().producerId()).collect(Collectors.toSet());
    Map<Long, String> ids = new HashMap<>();
    for (TransactionListing listing :
        admin
            .listTransactions(new ListTransactionsOptions().filterProducerIds(producers))
            .all()
            .get()) {
      ids.put(listing.producerId(), listing.transactionalId());
    }
    Map<String, TransactionDescription> known = new HashMap<>();
    var answers = admin.describeTransactions(ids.values());
    for (String id : ids.values()) {
      try {
        known.put(id, answers.description(id).get());
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof TransactionalIdNotFoundException)) {
          throw e;
        }
      }
    }
    return HangingTransaction.among(
        open, ids, known, System.currentTimeMillis(), TimeUnit.SECONDS.toMillis(seconds));
  }

  /**
   * Shows them.
   *
   * @param complete whether all that was asked for could be looked at
   */
  private void show(List<HangingTransaction> hanging, boolean complete) {
    if (output.json()) {
      printJson(hanging, TransactionsFindHangingCommand::json);
      return;
    }
    if (hanging.isEmpty()) {
      if (complete) {
        context.terminal().note("No transaction hangs");
      }
      return;
    }
    var table =
        new TextTable(
            context.terminal(),
            "PARTITION",
            "START OFFSET",
            "PRODUCER ID",
            "EPOCH",
            "LAST WRITE",
            "TRANSACTIONAL ID",
            "REASON");
    for (HangingTransaction one : hanging) {
      ProducerState producer = one.open().producer();
      table.row(
          one.open().partition(),
          one.open().startOffset(),
          producer.producerId(),
          producer.producerEpoch(),
          producer.lastTimestamp() < 0 ? "-" : Instant.ofEpochMilli(producer.lastTimestamp()),
          one.transactionalId() == null ? "-" : one.transactionalId(),
          one.reason().text());
    }
    table.print("");
    context
        .terminal()
        .note(
            "End one by: millrace transactions abort --partition PARTITION"
                + " --start-offset START_OFFSET");
  }

  private static Map<String, Object> json(HangingTransaction one) {
    ProducerState producer = one.open().producer();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("topic", one.open().partition().topic());
    json.put("partition", one.open().partition().partition());
    json.put("startOffset", one.open().startOffset());
    json.put("producerId", producer.producerId());
    json.put("producerEpoch", producer.producerEpoch());
    json.put(
        "coordinatorEpoch",
        producer.coordinatorEpoch().isPresent() ? producer.coordinatorEpoch().getAsInt() : null);
    json.put("lastTimestampMs", producer.lastTimestamp());
    json.put("transactionalId", one.transactionalId());
    json.put("state", one.known() == null ? null : one.known().state().toString());
    json.put("timeoutMs", one.known() == null ? null : one.known().transactionTimeoutMs());
    json.put("reason", one.reason().text());
    return json;
  }
}
