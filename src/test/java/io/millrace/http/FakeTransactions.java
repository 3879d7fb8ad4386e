package io.millrace.http;

import io.millrace.api.transactions.HangingTransactions;
import io.millrace.coordinator.transaction.ProducerClient;
import io.millrace.coordinator.transaction.Transaction;
import io.millrace.coordinator.transaction.TransactionState;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Made-up transactions, at the wall time 5,000. */
final class FakeTransactions implements TransactionsView {
  private final SortedMap<String, Transaction> all = new TreeMap<>();

  void add(String id, TransactionState state, long startMs, Set<TopicPartition> partitions) {
    all.put(
        id,
        new Transaction(
            id,
            7,
            -1,
            -1,
            (short) 3,
            (short) 2,
            (short) -1,
            60_000,
            state,
            partitions,
            startMs,
            2_000,
            (short) 2));
  }

  @Override
  public List<HangingTransactions.Found> hanging() {
    return List.of(
        new HangingTransactions.Found(
            new TopicPartition("orders", 2), 9, (short) 1, 30, 3_000, 4_000));
  }

  @Override
  public Future<Page> list(String after, TransactionState state, int limit) {
    List<Transaction> found =
        all.values().stream()
            .filter(one -> after == null || one.transactionalId().compareTo(after) > 0)
            .filter(one -> state == null || one.state() == state)
            .toList();
    return Future.succeededFuture(
        new Page(
            found.subList(0, Math.min(limit, found.size())),
            Map.of("payments", new ProducerClient("10.0.0.1:5000", "billing")),
            found.size() > limit,
            false,
            5_000));
  }
}
