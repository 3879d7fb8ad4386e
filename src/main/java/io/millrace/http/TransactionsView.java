package io.millrace.http;

import io.millrace.api.transactions.HangingTransactions;
import io.millrace.coordinator.transaction.ProducerClient;
import io.millrace.coordinator.transaction.Transaction;
import io.millrace.coordinator.transaction.TransactionState;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;

/**
 * The transactional ids that this node coordinates. Declared here, wired by {@code server}.
 *
 * <p>Owner: any thread.
 */
public interface TransactionsView {
  /**
   * Some transactional ids, in order.
   *
   * @param clients from where their producers last spoke to the coordinator, as far as it is known
   * @param more whether there are greater ones
   * @param incomplete whether some are missing that are being loaded
   * @param nowMs wall time of the answer
   *     <p>Owner: immutable.
   */
  record Page(
      List<Transaction> transactions,
      Map<String, ProducerClient> clients,
      boolean more,
      boolean incomplete,
      long nowMs) {}

  /**
   * The smallest transactional ids; at most {@code limit}.
   *
   * @param after only greater ones; null = from the first
   * @param state only those in it; null = all
   */
  Future<Page> list(String after, TransactionState state, int limit);

  /** What hangs in the partitions that this node leads, and what was ended of it lately. */
  default List<HangingTransactions.Found> hanging() {
    return List.of();
  }
}
