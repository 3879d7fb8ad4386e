package io.millrace.partition;

import io.millrace.log.AppendOutcome;
import io.millrace.log.OngoingTransaction;
import io.millrace.log.PartitionLog;
import io.millrace.model.Clock;
import io.millrace.model.TransactionMarker;
import io.millrace.partition.state.AckQueue;
import io.millrace.partition.state.LeaderState;
import io.millrace.record.ControlBatch;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;

/**
 * Writes the ends of transactions into a leader's log and tells when they are committed: a marker
 * counts as a batch of acks=all does. There is no deadline; whoever wants the marker may write it
 * again, which changes nothing.
 *
 * <p>Owner: partition loop.
 */
final class TransactionEnds {
  private final PartitionLog log;
  private final LeaderState state;
  private final Clock clock;
  private final AckQueue<Consumer<Errors>> untilCommitted = new AckQueue<>();

  TransactionEnds(PartitionLog log, LeaderState state, Clock clock) {
    this.log = log;
    this.state = state;
    this.clock = clock;
  }

  /** See {@link Replica#openTransactions}. */
  List<OpenTransaction> open(int limit) {
    return log.ongoingTransactions(limit).stream().map(this::seen).toList();
  }

  private OpenTransaction seen(OngoingTransaction ongoing) {
    long newest = Math.max(ongoing.firstOffset(), ongoing.newestOffset());
    return new OpenTransaction(
        log.id(), state.leaderEpoch(), ongoing, newest < state.highWatermark());
  }

  /** Whether the transaction is in progress, and nothing was written in it since. */
  boolean isStill(OpenTransaction before) {
    OngoingTransaction now = log.ongoingTransaction(before.ongoing().producerId());
    return now != null && before.committed() && seen(now).equals(before);
  }

  /**
   * Queues the marker for the log.
   *
   * @param done told, on this loop, what became of it
   * @return whether there is something to be written now
   */
  boolean end(TransactionMarker marker, Consumer<Errors> done) {
    if (!state.hasEnoughReplicas()) {
      done.accept(Errors.NOT_ENOUGH_REPLICAS);
      return false;
    }
    long nowMs = clock.wallMs();
    AppendOutcome outcome =
        log.assignOwn(
            ControlBatch.of(marker, nowMs),
            state.leaderEpoch(),
            marker.transactionVersion(),
            nowMs,
            () -> {});
    if (outcome instanceof AppendOutcome.Assigned assigned) {
      untilCommitted.add(assigned.lastOffset() + 1, Long.MAX_VALUE, done);
      return true;
    }
    done.accept(
        outcome instanceof AppendOutcome.Refused refused
            ? refused.error()
            : Errors.UNKNOWN_SERVER_ERROR);
    return false;
  }

  void onHighWatermark() {
    long reached = state.highWatermark();
    for (Consumer<Errors> done = untilCommitted.poll(reached);
        done != null;
        done = untilCommitted.poll(reached)) {
      done.accept(Errors.NONE);
    }
  }

  /** What was assigned from this offset (inclusive) on is lost. */
  void onAppendFailed(long fromOffset) {
    untilCommitted.removeAbove(fromOffset).forEach(done -> done.accept(Errors.KAFKA_STORAGE_ERROR));
  }

  /** Nobody hears any more whether something is committed. */
  void refuseAll(Errors why) {
    untilCommitted.removeAbove(-1).forEach(done -> done.accept(why));
  }
}
