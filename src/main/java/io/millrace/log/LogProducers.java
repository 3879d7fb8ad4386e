package io.millrace.log;

import java.util.ArrayList;
import java.util.List;

/**
 * What a log tells of its producers and their transactions.
 *
 * <p>Owner: partition loop.
 */
final class LogProducers {
  private final LogState log;

  LogProducers(LogState log) {
    this.log = log;
  }

  /** All that are remembered. */
  List<ActiveProducer> active() {
    List<ActiveProducer> active = new ArrayList<>(log.producers.size());
    log.producers.forEach(
        producer ->
            active.add(
                new ActiveProducer(
                    producer.producerId,
                    producer.epoch(),
                    producer.lastSequence(),
                    producer.lastTimestamp(),
                    producer.coordinatorEpoch(),
                    producer.currentTxnFirstOffset())));
    return active;
  }

  /** The transactions in progress, the oldest first; at most {@code limit}. */
  List<OngoingTransaction> ongoing(int limit) {
    List<OngoingTransaction> ongoing = new ArrayList<>();
    for (long producerId : log.transactions.ongoingProducers()) {
      if (ongoing.size() == limit) {
        break;
      }
      ongoing.add(ongoingOf(producerId));
    }
    return ongoing;
  }

  /** The transaction of this producer in progress; null = there is none. */
  OngoingTransaction ongoingOf(long producerId) {
    ProducerState state = log.producers.get(producerId);
    return state == null || state.currentTxnFirstOffset() < 0
        ? null
        : new OngoingTransaction(
            producerId,
            state.epoch(),
            state.coordinatorEpoch(),
            state.currentTxnFirstOffset(),
            state.newestTxnOffset());
  }
}
