package io.millrace.server;

import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.Transaction;
import io.millrace.coordinator.transaction.TransactionShard;
import io.millrace.coordinator.transaction.TransactionState;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the transactions of this node's coordinator for {@code /metrics} now and then, so that a
 * scrape only reads the figures.
 *
 * <p>Owner: its loop; the figures may be read by any thread.
 */
final class TransactionSampler {
  private static final Logger LOG = LoggerFactory.getLogger(TransactionSampler.class);

  /** Rest between two passes. */
  static final long EVERY_MS = 5_000;

  private static final long NONE = Long.MAX_VALUE;

  /** Those that this coordinator writes. */
  private static final Set<TransactionState> SHOWN =
      EnumSet.complementOf(EnumSet.of(TransactionState.DEAD, TransactionState.PREPARE_EPOCH_FENCE));

  /**
   * What some transactions amount to.
   *
   * @param oldestStartMs wall time when the oldest began of those whose end is not written
   *     everywhere; {@link #NONE} = there is none
   */
  record Figures(Map<TransactionState, Integer> counts, long oldestStartMs) {
    static Figures of(Collection<Transaction> transactions) {
      Map<TransactionState, Integer> counts = new EnumMap<>(TransactionState.class);
      long oldest = NONE;
      for (Transaction one : transactions) {
        counts.merge(one.state(), 1, Integer::sum);
        if (!one.state().isAtRest() && one.startMs() >= 0) {
          oldest = Math.min(oldest, one.startMs());
        }
      }
      return new Figures(counts, oldest);
    }

    Figures and(Figures other) {
      Map<TransactionState, Integer> sum = new EnumMap<>(TransactionState.class);
      sum.putAll(counts);
      other.counts.forEach((state, count) -> sum.merge(state, count, Integer::sum));
      return new Figures(sum, Math.min(oldestStartMs, other.oldestStartMs));
    }
  }

  private final Coordinator<TransactionShard> coordinator;
  private final Loop loop;
  private final Clock clock;
  private boolean closed;
  private volatile Figures figures = Figures.of(List.of());

  /** Nothing happens before {@link #start}. */
  TransactionSampler(
      Coordinator<TransactionShard> coordinator, Loop loop, Clock clock, Metrics metrics) {
    this.coordinator = coordinator;
    this.loop = loop;
    this.clock = clock;
    for (TransactionState state : SHOWN) {
      metrics.gauge(
          "transactions",
          "Transactional ids that this node coordinates, by the state of their transaction",
          () -> count(state),
          "state",
          state.shown());
    }
    metrics.gauge(
        "transaction_oldest_open_seconds",
        "Age of the oldest transaction of this node's coordinator that is not over; 0 = none",
        this::oldestSeconds);
  }

  int count(TransactionState state) {
    return figures.counts().getOrDefault(state, 0);
  }

  double oldestSeconds() {
    long startMs = figures.oldestStartMs();
    return startMs == NONE ? 0 : Math.max(0, clock.wallMs() - startMs) / 1e3;
  }

  void start() {
    loop.execute(this::pass);
  }

  /** No pass begins any more. */
  void close() {
    loop.execute(() -> closed = true);
  }

  private void pass() {
    if (closed) {
      return;
    }
    try {
      List<Future<Figures>> ofShards = new ArrayList<>();
      for (int shard : coordinator.localPartitions()) {
        ofShards.add(
            coordinator.ask(
                shard,
                (TransactionShard asked, Reply<Figures> reply) ->
                    new Decision().answer(reply, Figures.of(asked.all()))));
      }
      Future<?> joined = ofShards.isEmpty() ? Future.succeededFuture() : Future.join(ofShards);
      joined.onComplete(any -> loop.execute(() -> onPassed(ofShards)));
    } catch (RuntimeException e) {
      LOG.warn("Transactions cannot be counted; /metrics shows the last figures", e);
      rest();
    }
  }

  /** One that fails is led elsewhere, or being loaded. */
  private void onPassed(List<Future<Figures>> ofShards) {
    figures =
        ofShards.stream()
            .filter(Future::succeeded)
            .map(Future::result)
            .reduce(Figures.of(List.of()), Figures::and);
    rest();
  }

  private void rest() {
    if (!closed) {
      loop.schedule(EVERY_MS, this::pass);
    }
  }
}
