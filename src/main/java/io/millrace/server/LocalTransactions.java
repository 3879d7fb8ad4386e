package io.millrace.server;

import io.millrace.api.transactions.HangingTransactions;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.ProducerClient;
import io.millrace.coordinator.transaction.Transaction;
import io.millrace.coordinator.transaction.TransactionShard;
import io.millrace.coordinator.transaction.TransactionState;
import io.millrace.http.TransactionsView;
import io.millrace.model.Clock;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * The transactions of all coordinator shards of this node.
 *
 * <p>Owner: any thread.
 */
final class LocalTransactions implements TransactionsView {
  private static final Comparator<Transaction> BY_ID =
      Comparator.comparing(Transaction::transactionalId);

  /** What one shard has of the answer. */
  private record Part(List<Transaction> transactions, Map<String, ProducerClient> clients) {
    static Part of(TransactionShard shard, List<Transaction> transactions) {
      Map<String, ProducerClient> clients = new HashMap<>();
      for (Transaction one : transactions) {
        ProducerClient client = shard.client(one.transactionalId());
        if (client != null) {
          clients.put(one.transactionalId(), client);
        }
      }
      return new Part(transactions, clients);
    }
  }

  private final Coordinator<TransactionShard> coordinator;
  private final Clock clock;
  private final Supplier<List<HangingTransactions.Found>> hanging;

  /**
   * For HTTP.
   *
   * @param hanging what hangs in the partitions of this node
   */
  LocalTransactions(
      Coordinator<TransactionShard> coordinator,
      Clock clock,
      Supplier<List<HangingTransactions.Found>> hanging) {
    this.coordinator = coordinator;
    this.clock = clock;
    this.hanging = hanging;
  }

  @Override
  public List<HangingTransactions.Found> hanging() {
    return hanging.get();
  }

  @Override
  public Future<Page> list(String after, TransactionState state, int limit) {
    List<Future<Part>> ofShards = new ArrayList<>();
    for (int shard : coordinator.localPartitions()) {
      ofShards.add(
          coordinator.ask(
              shard,
              (TransactionShard asked, Reply<Part> reply) ->
                  new Decision()
                      .answer(
                          reply, Part.of(asked, smallest(asked.all(), after, state, limit + 1)))));
    }
    Future<?> joined = ofShards.isEmpty() ? Future.succeededFuture() : Future.join(ofShards);
    return joined.transform(any -> Future.succeededFuture(merged(ofShards, limit)));
  }

  /** Those with the smallest ids, without sorting all. */
  static List<Transaction> smallest(
      Collection<Transaction> all, String after, TransactionState state, int limit) {
    // The greatest of those found so far is on top.
    PriorityQueue<Transaction> found = new PriorityQueue<>(BY_ID.reversed());
    for (Transaction one : all) {
      if ((after == null || one.transactionalId().compareTo(after) > 0)
          && (state == null || one.state() == state)) {
        found.add(one);
        if (found.size() > limit) {
          found.remove();
        }
      }
    }
    return List.copyOf(found);
  }

  private Page merged(List<Future<Part>> ofShards, int limit) {
    List<Transaction> all = new ArrayList<>();
    Map<String, ProducerClient> clients = new HashMap<>();
    boolean incomplete = false;
    for (Future<Part> one : ofShards) {
      if (one.succeeded()) {
        all.addAll(one.result().transactions());
        clients.putAll(one.result().clients());
      } else {
        // What another node leads is not ours to tell.
        incomplete |= Errors.forException(one.cause()) != Errors.NOT_COORDINATOR;
      }
    }
    all.sort(BY_ID);
    boolean more = all.size() > limit;
    return new Page(
        List.copyOf(more ? all.subList(0, limit) : all), clients, more, incomplete, clock.wallMs());
  }
}
