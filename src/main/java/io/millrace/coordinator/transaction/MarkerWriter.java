package io.millrace.coordinator.transaction;

import io.millrace.model.TopicPartition;
import io.millrace.model.TransactionMarker;
import java.util.Set;

/**
 * Port: brings the end of a transaction to the partitions that took part, and tries again until
 * each has it. It reports with {@link TransactionShard#markersWritten}, as often as it likes; a
 * partition whose topic is deleted counts as done.
 *
 * <p>Owner: partition loop of the shard.
 */
public interface MarkerWriter {
  /**
   * Writes the markers of a transaction. The decision is committed. May be called again for the
   * same transaction, with the partitions that are still open; what is under way for it then counts
   * no more.
   *
   * @param shardPartition partition of {@code __transaction_state} to report to
   * @param partitions never empty; topics as the producer named them
   */
  void write(
      int shardPartition,
      String transactionalId,
      TransactionMarker marker,
      Set<TopicPartition> partitions);

  /**
   * A transaction is going to be aborted because its time is over: a person may want to know whose
   * it was. Said again if the decision fails.
   *
   * @param client of its producer; null = not known
   */
  default void onTimedOut(Transaction transaction, ProducerClient client) {}

  /**
   * The shard is no longer here, and another will write what is open: nothing more needs to be
   * written for it.
   */
  default void stop(int shardPartition) {}
}
