package io.millrace.coordinator.transaction;

import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Timers;
import java.util.ArrayDeque;

/**
 * Forgets transactional ids that nobody has used for long: every now and then it looks at all, a
 * few thousand at a time.
 *
 * <p>Owner: partition loop.
 */
final class IdExpiry {
  private static final String TIMER = "transactions.expiry";
  private static final int IDS_PER_STEP = 5_000;

  private final Transactions transactions;
  private final TransactionConfig config;
  private final Timers timers;
  // Ids that this round has not looked at yet.
  private final ArrayDeque<String> left = new ArrayDeque<>();

  IdExpiry(Transactions transactions, TransactionConfig config, Timers timers) {
    this.transactions = transactions;
    this.config = config;
    this.timers = timers;
  }

  void start() {
    timers.schedule(TIMER, config.expiryCheckIntervalMs(), this::round);
  }

  private Decision round() {
    transactions.all().forEach(one -> left.add(one.transactionalId()));
    return step();
  }

  private Decision step() {
    Decision decision = new Decision().divisible();
    long beforeMs = timers.nowMs() - config.idExpirationMs();
    for (int looked = 0; !left.isEmpty() && looked < IDS_PER_STEP; looked++) {
      String id = left.poll();
      Transaction transaction = transactions.get(id);
      if (transaction != null
          && transaction.state().isAtRest()
          && transaction.updatedMs() <= beforeMs) {
        decision.append(TransactionRecords.tombstone(id));
      }
    }
    if (left.isEmpty()) {
      start();
    } else {
      timers.schedule(TIMER, 0, this::step);
    }
    return decision;
  }
}
