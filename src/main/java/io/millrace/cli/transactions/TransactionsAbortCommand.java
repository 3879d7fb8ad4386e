package io.millrace.cli.transactions;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Failures;
import io.millrace.cli.PartitionName;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code transactions abort}. */
@Command(
    name = "abort",
    description = {
      "Abort open transactions and fence their producers.",
      "With --partition and --start-offset, of one that hangs: its end is written to that partition"
          + " alone, and no coordinator is asked. If a coordinator knows of the transaction, give"
          + " its transactional id instead: else it could commit elsewhere what is aborted here."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace transactions abort payments-1",
      "  millrace transactions abort --partition orders-0 --start-offset 1042"
    })
public final class TransactionsAbortCommand extends AdminCommand {
  @Parameters(arity = "0..*", paramLabel = "ID", description = "Transactional ids.")
  List<String> ids = new ArrayList<>();

  @Option(
      names = "--partition",
      paramLabel = "TOPIC-PARTITION",
      description = "The partition that has it open, such as orders-0.")
  String name;

  @Option(
      names = "--start-offset",
      paramLabel = "OFFSET",
      description = "Where it starts in that partition, as find-hanging says.")
  Long startOffset;

  private TopicPartition partition;

  public TransactionsAbortCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    if ((name == null) != (startOffset == null)) {
      throw usage("--partition and --start-offset go together");
    }
    if (ids.isEmpty() == (name == null)) {
      throw usage("give either transactional ids, or --partition and --start-offset");
    }
    if (name != null) {
      try {
        partition = PartitionName.parse(name);
      } catch (IllegalArgumentException e) {
        throw usage(e);
      }
    }
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    if (partition != null) {
      abortInPartition(admin);
    } else {
      CommandFailure.throwFirst(tryEach(ids, id -> abort(admin, id)));
    }
  }

  /** Asks first: ending that of an id which nobody has used would make the id. */
  private void abort(Admin admin, String id) throws InterruptedException, ExecutionException {
    var known = admin.describeTransactions(List.of(id)).description(id).get();
    if (!HangingTransaction.isOpen(known.state())) {
      println("Has no open transaction: " + id + " (" + known.state() + ")");
      return;
    }
    admin.forceTerminateTransaction(id).result().get();
    println("Aborted " + id);
  }

  private void abortInPartition(Admin admin) throws InterruptedException, ExecutionException {
    // Asked about a partition that is not there, the client waits for it to appear.
    int partitions =
        admin
            .describeTopics(List.of(partition.topic()))
            .topicNameValues()
            .get(partition.topic())
            .get()
            .partitions()
            .size();
    if (partition.partition() >= partitions) {
      throw Failures.noPartition(partition.topic(), partition.partition(), partitions - 1);
    }
    ProducerState producer =
        admin
            .describeProducers(List.of(partition))
            .partitionResult(partition)
            .get()
            .activeProducers()
            .stream()
            .filter(each -> each.currentTransactionStartOffset().orElse(-1) == startOffset)
            .findFirst()
            .orElseThrow(
                () ->
                    new CommandFailure(
                        ExitCode.NOT_FOUND,
                        partition + " has no open transaction that starts at " + startOffset));
    admin
        .abortTransaction(
            new AbortTransactionSpec(
                partition,
                producer.producerId(),
                (short) producer.producerEpoch(),
                producer.coordinatorEpoch().orElse(0)))
        .all()
        .get();
    println(
        "Aborted the transaction of producer "
            + producer.producerId()
            + " in "
            + partition
            + " from offset "
            + startOffset
            + " on");
  }
}
