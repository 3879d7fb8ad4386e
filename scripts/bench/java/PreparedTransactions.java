import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * Many transactions whose end is decided and not carried out, because the node with their partition
 * is stopped; then their coordinator is killed, and the other one carries them out.
 *
 * <p>Usage: PreparedTransactions COORDINATOR OTHER DATA TOPIC TRANSACTIONS, the first three being
 * nodes as ID@HOST:PORT@PID: the one that coordinates and is killed, the one that coordinates then,
 * the one with the topic's partition. Prints {@code RESOLVED seconds=…}, from the kill on.
 */
public final class PreparedTransactions {
  private static final String STATE_TOPIC = "__transaction_state";
  private static final List<String> DECIDED = List.of("PrepareCommit", "PrepareAbort");
  private static final List<String> CARRIED_OUT = List.of("CompleteCommit", "CompleteAbort");
  private static final int TIMEOUT_MS = 60_000;

  private record Node(int id, String address, String pid) {
    static Node of(String argument) {
      String[] parts = argument.split("@");
      return new Node(Integer.parseInt(parts[0]), parts[1], parts[2]);
    }

    void signal(String name) throws IOException, InterruptedException {
      int exit = new ProcessBuilder("kill", "-" + name, pid).inheritIO().start().waitFor();
      if (exit != 0) {
        throw new IllegalStateException("kill -" + name + " " + pid + " ended with " + exit);
      }
    }
  }

  /** One transaction, on its way to its end. */
  private final class Transaction {
    private final Links.Link link;
    private final String id;
    private final boolean commits;
    private long producerId;
    private short epoch;

    Transaction(Links.Link link, int number) {
      this.link = link;
      this.id = topic + "-" + number;
      this.commits = number % 2 == 0;
    }

    void begin() {
      link.call(
          new InitProducerIdRequestData()
              .setTransactionalId(id)
              .setTransactionTimeoutMs(TIMEOUT_MS),
          4,
          answer -> {
            InitProducerIdResponseData given = (InitProducerIdResponseData) answer;
            if (!again(given.errorCode(), this::begin)) {
              producerId = given.producerId();
              epoch = given.producerEpoch();
              addPartition();
            }
          });
    }

    private void addPartition() {
      AddPartitionsToTxnTopicCollection topics = new AddPartitionsToTxnTopicCollection();
      topics.add(new AddPartitionsToTxnTopic().setName(topic).setPartitions(List.of(0)));
      link.call(
          new AddPartitionsToTxnRequestData()
              .setV3AndBelowTransactionalId(id)
              .setV3AndBelowProducerId(producerId)
              .setV3AndBelowProducerEpoch(epoch)
              .setV3AndBelowTopics(topics),
          3,
          answer -> {
            short error =
                ((AddPartitionsToTxnResponseData) answer)
                    .resultsByTopicV3AndBelow()
                    .iterator()
                    .next()
                    .resultsByPartition()
                    .iterator()
                    .next()
                    .partitionErrorCode();
            if (!again(error, this::addPartition)) {
              begun++;
            }
          });
    }

    void end() {
      link.call(
          new EndTxnRequestData()
              .setTransactionalId(id)
              .setProducerId(producerId)
              .setProducerEpoch(epoch)
              .setCommitted(commits),
          3,
          answer -> {
            if (!again(((EndTxnResponseData) answer).errorCode(), this::end)) {
              ended++;
            }
          });
    }

    /** Whether it is asked again, a little later. */
    private boolean again(short code, Runnable ask) {
      Errors error = Errors.forCode(code);
      if (error == Errors.NONE) {
        return false;
      }
      switch (error) {
        case COORDINATOR_LOAD_IN_PROGRESS,
            COORDINATOR_NOT_AVAILABLE,
            NOT_COORDINATOR,
            CONCURRENT_TRANSACTIONS,
            UNKNOWN_TOPIC_OR_PARTITION ->
            links.after(50, ask);
        default -> throw new IllegalStateException(id + ": " + error);
      }
      return true;
    }
  }

  private final Node coordinator;
  private final Node other;
  private final Node data;
  private final String topic;
  private final int count;
  private Links links;
  private int begun;
  private int ended;
  private int listed;

  private PreparedTransactions(String[] args) {
    coordinator = Node.of(args[0]);
    other = Node.of(args[1]);
    data = Node.of(args[2]);
    topic = args[3];
    count = Integer.parseInt(args[4]);
  }

  public static void main(String[] args) throws Exception {
    new PreparedTransactions(args).run();
  }

  private void run() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", other.address()))) {
      Map<String, String> configs = Map.of("cleanup.policy", "compact", "min.insync.replicas", "1");
      admin
          .createTopics(
              List.of(
                  new NewTopic(STATE_TOPIC, Map.of(0, List.of(coordinator.id(), other.id())))
                      .configs(configs),
                  new NewTopic(topic, Map.of(0, List.of(data.id())))))
          .all()
          .get();
    }
    try (Links ofCoordinator = new Links(coordinator.address());
        Links ofOther = new Links(other.address())) {
      links = ofCoordinator;
      Links.Link link = ofCoordinator.open();
      List<Transaction> transactions = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        transactions.add(new Transaction(link, i));
      }
      transactions.forEach(Transaction::begin);
      links.runUntil("all begun", () -> begun == count);
      data.signal("STOP");
      transactions.forEach(Transaction::end);
      links.runUntil("all decided", () -> ended == count);
      awaitAll(ofCoordinator, link, DECIDED);

      long killed = System.nanoTime();
      coordinator.signal("KILL");
      data.signal("CONT");
      awaitAll(ofOther, ofOther.open(), CARRIED_OUT);
      System.out.printf(
          Locale.ROOT, "RESOLVED seconds=%.3f%n", (System.nanoTime() - killed) / 1e9);
    }
  }

  /** Until the node says that it coordinates all of them, and that they are in one of these states. */
  private void awaitAll(Links node, Links.Link link, List<String> states) throws IOException {
    listed = 0;
    list(node, link, new ListTransactionsRequestData().setStateFilters(states));
    node.runUntil(count + " transactions in " + states, () -> listed == count);
  }

  private void list(Links node, Links.Link link, ListTransactionsRequestData states) {
    link.call(
        states,
        0,
        answer -> {
          listed = ((ListTransactionsResponseData) answer).transactionStates().size();
          if (listed < count) {
            node.after(20, () -> list(node, link, states));
          }
        });
  }
}
